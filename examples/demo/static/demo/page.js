// What every page of the demo can do; none of it has to do with data-binding.
(function () {
  'use strict';

  document.querySelectorAll('[data-copy]').forEach(function (button) {
    var label = button.innerHTML;
    button.hidden = !navigator.clipboard;
    button.addEventListener('click', function () {
      navigator.clipboard.writeText(button.parentNode.querySelector('code').textContent).then(function () {
        button.textContent = 'Copied';
        setTimeout(function () { button.innerHTML = label; }, 1500);
      });
    });
  });

  // Without this, and where pop-ups are blocked, it is a link to a second tab.
  document.querySelectorAll('[data-second-window]').forEach(function (link) {
    link.addEventListener('click', function (event) {
      var width = Math.round(screen.availWidth / 2);
      if (width < 500) { return; }
      var features = 'width=' + width + ',height=' + screen.availHeight + ',left=' + width + ',top=0';
      if (window.open(link.href, '_blank', features)) { event.preventDefault(); }
    });
  });
}());
