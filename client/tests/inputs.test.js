import assert from 'node:assert/strict';
import { each, turn } from './page.js';
import { bind, change, full, hear, own, refusal } from './speech.js';

/** A page with a form in it, in a document of its own. */
async function form(page, app, html, scope = app.scope) {
  const element = page.angular.element(`<form name="form">${html}</form>`);
  page.window.document.body.appendChild(element[0]);
  app.injector.get('$compile')(element)(scope);
  scope.$root.$digest();
  await turn();
  const input = (name) => element[0].querySelector(`[name="${name}"]`);
  const marks = (name) => Array.from(input(name).classList).filter((mark) => mark.startsWith('djng-')).sort();
  const type = async (name, text) => {
    input(name).value = text;
    page.fire(input(name), 'input');
    await page.clock.pass();
  };
  return { element, input, marks, type };
}

const FIELDS = '<input name="home" ng-model="c.home"><textarea name="away" ng-model="c[\'away\']"></textarea>'
  + '<input name="other" ng-model="other">';

each('An input is marked while its property waits.', async (page, start) => {
  const app = start();
  const { socket } = await bind(page, app, { home: 'a', away: 'b' });
  const { marks, type } = await form(page, app, FIELDS);
  await type('home', 'x');
  await type('other', 'x');
  assert.deepEqual(['home', 'away', 'other'].map(marks), [['djng-pending'], [], []]);
  await type('away', 'y');
  await hear(page, socket, own({ home: 'x' }, 1, 2));
  assert.deepEqual(['home', 'away'].map(marks), [[], ['djng-pending']]);
  await hear(page, socket, own({ away: 'y' }, 2, 3));
  assert.deepEqual(['home', 'away'].map(marks), [[], []]);
});

each('An input is marked for two seconds when somebody else has changed its property.', async (page, start) => {
  const app = start();
  const { socket } = await bind(page, app, { home: 'a', away: 'b' });
  const { input, marks } = await form(page, app, FIELDS);
  assert.deepEqual(marks('home'), []);
  await hear(page, socket, change({ home: 'x' }, { v: 2 }));
  assert.equal(input('home').value, 'x');
  assert.deepEqual(['home', 'away'].map(marks), [['djng-remote'], []]);
  await page.clock.pass(1500);
  await hear(page, socket, change({ home: 'y' }, { v: 3 }));
  await page.clock.pass(1999);
  assert.deepEqual(marks('home'), ['djng-remote']);
  await page.clock.pass(1);
  assert.deepEqual(marks('home'), []);
});

each('What somebody else has set to what is shown, or what an edit hides, is no news.', async (page, start) => {
  const app = start();
  const { socket } = await bind(page, app, { home: 'a', away: 'b' });
  const { marks, type } = await form(page, app, FIELDS);
  await type('away', 'mine');
  await hear(page, socket, change({ home: 'a', away: 'yours' }, { v: 2 }));
  assert.deepEqual(['home', 'away'].map(marks), [[], ['djng-pending']]);
});

each('An input whose change was refused is invalid until it changes.', async (page, start) => {
  const app = start();
  const { binding, socket } = await bind(page, app, { home: 'a', away: 'b' });
  const { element, input, marks, type } = await form(page, app, FIELDS);
  await type('home', 'x');
  await hear(page, socket, refusal(1, { home: ['No.'] }));
  assert.deepEqual([input('home').value, app.scope.c.home], ['x', 'a']);
  assert.deepEqual(['home', 'away'].map(marks), [['djng-invalid'], []]);
  assert.ok(input('home').classList.contains('ng-invalid-djng'));
  assert.ok(element.hasClass('ng-invalid'));
  assert.deepEqual(Array.from(binding.errors.home), ['No.']);
  await type('home', 'y');
  assert.deepEqual(marks('home'), ['djng-pending']);
  assert.ok(element.hasClass('ng-valid'));
  await hear(page, socket, refusal(2, { home: ['No.'] }));
  assert.ok(element.hasClass('ng-invalid'));
  await hear(page, socket, change({ home: 'z' }, { v: 2 }));
  assert.ok(element.hasClass('ng-valid'));
  assert.equal(input('home').value, 'z');
});

each('What was typed and refused stays to be mended, unless it comes to be what is there, or was not typed.', async (page, start) => {
  const app = start();
  const { binding, socket } = await bind(page, app, { home: 'a', away: 'b' });
  const { input, marks, type } = await form(page, app, FIELDS);
  input('home').focus();
  await type('home', 'x');
  await hear(page, socket, refusal(1, { home: ['No.'] }));
  await type('home', 'xy');
  await hear(page, socket, refusal(2, { home: ['No.'] }), change({ away: 'c' }, { v: 2 }));
  assert.deepEqual([input('home').value, app.scope.c.home, marks('home')], ['xy', 'a', ['djng-invalid']]);
  await type('home', 'a');
  assert.deepEqual([marks('home'), Object.keys(binding.errors)], [[], []]);
  await type('home', 'x');
  await hear(page, socket, refusal(3, { home: ['No.'] }));
  await hear(page, socket, change({ home: 'a' }, { v: 3 }));
  assert.deepEqual([marks('home'), input('home').value], [[], 'a']);
  await page.clock.pass(2000);
  await app.edit(() => { app.scope.c.away = 'z'; });
  await hear(page, socket, refusal(4, { away: ['No.'] }));
  assert.deepEqual([marks('away'), input('away').value], [['djng-invalid'], 'c']);
});

each('What was typed and refused is given up by $rollbackViewValue().', async (page, start) => {
  const app = start();
  const { binding, socket } = await bind(page, app, { home: 'a', away: 'b' });
  const { input, marks, type } = await form(page, app, FIELDS);
  await type('home', 'x');
  await hear(page, socket, refusal(1, { home: ['No.'] }));
  app.scope.form.$rollbackViewValue();
  await page.clock.pass();
  assert.deepEqual([input('home').value, marks('home'), Object.keys(binding.errors)], ['a', [], []]);
});

each('What was refused because of another property is tried again along with it.', async (page, start) => {
  const app = start();
  const { binding, socket } = await bind(page, app, { home: 1, away: 2, more: 3 });
  const html = `${FIELDS}<input name="more" ng-model="c.more">`;
  const { input, marks, type } = await form(page, app, html);
  await type('home', '5');
  await hear(page, socket, refusal(1, { away: ['Less than at home.'] }));
  assert.deepEqual(['home', 'away'].map(marks), [['djng-invalid'], ['djng-invalid']]);
  assert.deepEqual([input('home').value, app.scope.c.home, input('away').value], ['5', 1, '2']);
  await type('more', '4');
  assert.deepEqual(JSON.parse(socket.sent.at(-1)), { more: '4', $$djng: { s: 2 } });
  await hear(page, socket, own({ more: '4' }, 2, 2));
  assert.deepEqual(Object.keys(binding.errors), ['away']);
  await type('away', '6');
  assert.deepEqual(JSON.parse(socket.sent.at(-1)), { home: '5', away: '6', $$djng: { s: 3 } });
  await hear(page, socket, own({ home: 5, away: 6 }, 3, 3));
  assert.deepEqual([input('home').value, marks('home'), marks('away')], ['5', [], []]);
});

each('Inputs on scopes beneath the binding are marked; those of another collection of the same name are not.', async (page, start) => {
  const app = start();
  await bind(page, app, { home: 'a' });
  const child = app.scope.$new();
  const other = app.scope.$new();
  other.c = { home: 'a' };
  const [below, beside] = [await form(page, app, FIELDS, child), await form(page, app, FIELDS, other)];
  await below.type('home', 'x');
  await beside.type('home', 'y');
  assert.deepEqual([below.marks('home'), beside.marks('home')], [['djng-pending'], []]);
});

each('A key, an index and a controllerAs name tell the property; a longer name that begins alike does not.', async (page, start) => {
  const app = start();
  app.scope.vm = { key: 'home' };
  const { socket } = await bind(page, app, { home: 'a', away: { street: 'b' } }, { collection: 'vm.form' });
  const list = await bind(page, app, ['a', 'b'], { collection: 'list' });
  const models = { key: 'vm.form[vm.key]', deep: 'vm.form.away.street', item: 'list[1]', formal: 'vm.formal.home' };
  const html = Object.entries(models).map(([name, model]) => `<input name="${name}" ng-model="${model}">`).join('');
  const { marks, type } = await form(page, app, html);
  await hear(page, socket, change({ home: 'x', away: { street: 'y' } }, { v: 2 }));
  await hear(page, list.socket, change({ 1: 'z' }, { v: 2, n: 2 }));
  await type('formal', 'x');
  assert.deepEqual(['key', 'deep', 'item', 'formal'].map(marks), [['djng-remote'], ['djng-remote'], ['djng-remote'], []]);
  app.scope.$apply(() => { app.scope.vm.key = 'away'; });
  await type('item', 'q');
  assert.deepEqual(marks('item'), ['djng-pending', 'djng-remote']);
});

each('An input is marked if it was there before the binding, but not if it is gone, or the binding has ended.', async (page, start) => {
  const app = start();
  app.scope.c = { home: 'a' };
  const { element, input, marks, type } = await form(page, app, FIELDS);
  const { binding } = await bind(page, app, { home: 'a', away: 'a' });
  await type('home', 'x');
  assert.deepEqual(marks('home'), ['djng-pending']);
  binding.unbind();
  assert.deepEqual(marks('home'), []);
  const gone = input('home');
  element.remove();
  const again = await bind(page, app, { home: 'a' });
  await hear(page, again.socket, change({ home: 'z' }, { v: 2 }));
  assert.equal(gone.classList.contains('djng-remote'), false);
});

each('An input that has the focus is not written to when it shows the value already.', async (page, start) => {
  const app = start();
  const { socket } = await bind(page, app, { home: 'one' });
  const { input } = await form(page, app, FIELDS);
  const field = input('home');
  field.focus();
  field.setSelectionRange(1, 2);
  let writes = 0;
  const { get, set } = Object.getOwnPropertyDescriptor(page.window.HTMLInputElement.prototype, 'value');
  Object.defineProperty(field, 'value', { get, set(text) { writes += 1; set.call(this, text); }, configurable: true });
  field.value = 'two';
  await hear(page, socket, change({ home: 'two' }, { v: 2 }), full({ home: 'two' }, { v: 3 }));
  assert.equal(writes, 1);
  await hear(page, socket, change({ home: 'three' }, { v: 4 }));
  assert.ok(writes >= 2);
});

each('When somebody else changes the field that has the focus, caret and selection keep their place in the text.', async (page, start) => {
  const app = start();
  const { socket } = await bind(page, app, { home: 'one three', away: 'x' });
  const { input } = await form(page, app, FIELDS);
  const field = input('home');
  field.focus();
  field.setSelectionRange(4, 9, 'backward');
  await hear(page, socket, change({ home: 'one, new three' }, { v: 2 }));
  const { value, selectionStart, selectionEnd, selectionDirection } = field;
  assert.deepEqual([value, selectionStart, selectionEnd, selectionDirection], ['one, new three', 9, 14, 'backward']);
  field.setSelectionRange(1, 1);
  await hear(page, socket, change({ home: 'one' }, { v: 3 }));
  assert.deepEqual([field.value, field.selectionStart, field.selectionEnd], ['one', 1, 1]);
});

each('Inputs of any type show what somebody else enters, with or without the focus.', async (page, start) => {
  const app = start();
  const { socket } = await bind(page, app, { n: 1, mail: 'a@example.com', on: false, some: 'a' });
  const typed = { n: 'number', mail: 'email', on: 'checkbox' };
  const html = Object.entries(typed).map(([name, type]) => `<input name="${name}" type="${type}" ng-model="c.${name}">`).join('');
  const { input } = await form(page, app, `${html}<select name="some" ng-model="c.some"><option>a</option><option>b</option></select>`);
  let v = 1;
  for (const name of ['n', 'mail', 'on', 'some']) {
    input(name).focus();
    for (const [n, mail, on, some] of [[2, 'b@example.com', true, 'b'], [1, 'a@example.com', false, 'a']]) {
      await hear(page, socket, change({ n, mail, on, some }, { v: v += 1 }));
      const shows = [input('n').value, input('mail').value, input('on').checked, input('some').value];
      assert.deepEqual(shows, [String(n), mail, on, some], name);
    }
  }
});
