import js from '@eslint/js';
import globals from 'globals';

export default [
  js.configs.recommended,
  {
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-unused-vars': ['error', { args: 'after-used' }],
      'max-len': ['error', { code: 140 }],
    },
  },
  { files: ['src/**'], languageOptions: { globals: { angular: 'readonly' } } },
  { files: ['*.js', 'tests/**'], languageOptions: { globals: globals.node } },
];
