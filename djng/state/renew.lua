-- A browser is still bound.

local foreign = load()
if foreign then return { 'foreign', foreign } end
if not meta then return { 'gone' } end
listen()
live_on()
return { 'renewed', meta.e, meta.v, meta.t, meta.aside_at and 1 or 0 }
