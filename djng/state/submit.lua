-- A change comes from a bound socket or from the server: it is applied once, however often it comes.
-- Arguments: its number or nothing, whether it is a seed, whether to create, how its frame ends, the change.

local s, create = tonumber(ARGV[7]), ARGV[9] ~= ''
local foreign = load()
if not meta then
    if not create then return { 'gone' } end
    foreign = call('GET', K)
end
if foreign then return { 'foreign', foreign } end
local known = s and call('GET', CLIENT)
local last, e, v, n
if known then last, e, v, n = string.match(known, '(%d+) (%d+) (%d+) ?(%d*)') end
if not meta then
    -- Later than what this client knows of one that is lost.
    LEAST_EPOCH = math.max(LEAST_EPOCH, tonumber(e) or 0)
    make()
end
-- What became of a collection that is lost says nothing about this one.
if known and tonumber(last) >= s and tonumber(e) >= meta.b then
    return { 'acknowledged', meta.e, tonumber(v), tonumber(n) }
end
if ARGV[8] ~= '' and meta.v > 0 then return { 'not taken', meta.t } end
local change = read_change(11)
local refused, most = objection(change)
if refused then return { 'refused', refused, most } end
apply(change)
live_on()
if s then
    local length = meta.kind == 'array' and ' ' .. meta.n or ''
    call('SET', CLIENT, ARGV[7] .. ' ' .. meta.e .. ' ' .. meta.v .. length, 'EX', CLIENT_MEMORY)
end
publish(change, ARGV[10])
return { 'applied', meta.e, meta.v }
