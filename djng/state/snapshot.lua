-- What is kept is told. Arguments: a channel to publish it on or nothing, what goes before it, whether to create.

local marks, create = ARGV[7], ARGV[9] ~= ''
local foreign, text = load()
if not meta then
    text = call('GET', K)
    if create then foreign = text end
end
if foreign then return { 'foreign', foreign } end
if create then
    if not meta then
        make()
        save()
    end
    listen()
    live_on()
end
if meta then text = call('GET', K) end
local told = meta or { e = 0, v = 0, kind = '', n = 0, t = 0, b = 0 }
-- A nil would end the answer.
if marks == '' then return { 'kept', told.e, told.v, told.kind, told.n, told.t, text or false, told.b } end
local kind = told.kind == '' and '-' or told.kind
local head = table.concat({ told.e, told.v, kind, told.n, told.t, told.b }, ' ')
call('PUBLISH', marks, ARGV[8] .. head .. (text and '=' .. text or ''))
return { 'told' }
