-- A text was published on the channel without the script. Arguments: its digest, how many were taken before, the change
-- or nothing.

local digest = ARGV[7]
local t = call('HGET', META, 't')
-- Whoever was first has taken it, and published that.
if t and t ~= ARGV[8] then return { 'not taken', tonumber(t) } end
local foreign, seen = load(digest)
if foreign then return { 'foreign', foreign } end
if not meta then return { 'gone' } end
local is_found = recall('found', digest)
-- Then it will be under the key in a moment, as ws4redis publishes and keeps one after the other.
if not seen and not is_found then remember('heard', digest) end
if meta.aside_at then call('HSET', META, 'taken_at', now()) end
meta.t = meta.t + 1
local change = read_change(9)
if is_found or change and objection(change) then change = nil end
if change then
    apply(change)
    live_on()
else
    call('HSET', META, 't', meta.t)
end
publish_taken(change, digest)
if change then log(change, '') end
return { change and 'applied' or 'counted', meta.e, meta.v }
