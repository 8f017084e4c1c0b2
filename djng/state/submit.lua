-- A change comes from a bound socket or from the server: it is applied once, however often it comes.
-- Arguments: its number or nothing, what it is if it is a seed or said again, a 1 to create and a question mark to find
-- out only what would come of it, how its frame ends, the position that is expected or twice nothing, the number of
-- properties that are expected, these by name and text or nothing, the change.

local s, how = tonumber(ARGV[7]), ARGV[9]
local create, is_trial = how == '1' or how == '1?', how == '?' or how == '1?'
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
local news_of, remember_seed
if ARGV[8] ~= '' and ARGV[8] ~= 'again' then
    local may_be_news
    may_be_news, news_of, remember_seed = seeding(ARGV[8])
    if not may_be_news then
        remember_seed()
        return { 'not taken', meta.t }
    end
end
local expected = tonumber(ARGV[13])
if expected > 0 or ARGV[11] ~= '' then
    -- A new collection is the same in every epoch.
    local differs = ARGV[11] ~= '' and (tonumber(ARGV[12]) ~= meta.v or meta.v > 0 and tonumber(ARGV[11]) ~= meta.e)
    local names = {}
    for i = 1, expected do names[i] = ARGV[12 + 2 * i] end
    local texts = in_parts('HMGET', FIELDS, names)
    for i = 1, expected do
        texts[i] = texts[i] and string.sub(texts[i], string.find(texts[i], ' ', 1, true) + 1) or ''
        differs = differs or texts[i] ~= ARGV[13 + 2 * i]
    end
    if differs then return { 'unexpected', meta.e, meta.v, texts } end
end
local change = read_change(14 + 2 * expected)
-- It is not known any more which items its indexes were of: its author is told what there is, and says it anew.
if change.e or #change.delete > 0 and change.kind == 'array' or change.insert and #change.insert > 0 then
    if not resolve(change) then return { 'outdated', meta.e, meta.v } end
end
if news_of then change = news_of(change) end
if not change then
    remember_seed()
    return { 'not taken', meta.t }
end
local refused, most = objection(change)
if refused then return { 'refused', refused, most } end
if is_trial then return { 'possible' } end
if ARGV[8] == 'again' and meta.seedable then
    for _, text in ipairs(change.push) do call('HINCRBY', META, '~' .. text, 1) end
end
apply(change, news_of)
if news_of then remember_seed() end
live_on()
if s then
    local length = meta.kind == 'array' and ' ' .. meta.n or ''
    call('SET', CLIENT, ARGV[7] .. ' ' .. meta.e .. ' ' .. meta.v .. length, 'EX', CLIENT_MEMORY)
end
local more = ARGV[10]
if news_of and #change.delete > 0 then more = more .. ',"del":[' .. table.concat(change.delete, ',') .. ']' end
publish(change, more)
log(change, more)
return { 'applied', meta.e, meta.v }
