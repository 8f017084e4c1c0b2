"""An app that declares facilities, without a form and with forms that take their time."""
