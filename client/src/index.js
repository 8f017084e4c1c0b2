// The order in which the built file declares its parts: pure rules are pulled in by those that need them.
import './module.js';
import './websocket.js';
import './connection.js';
import './events.js';
import './inputs.js';
import './ngModel.js';
import './unsent.js';
import './binding.js';
import './djangoWebsocket.js';
