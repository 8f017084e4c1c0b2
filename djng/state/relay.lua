-- A plain text comes through the relay, or from a publisher.
-- Arguments: the text, its digest, what to publish right before it and where, the seconds to keep it where there is no
-- collection, how its frame is joined, the change or nothing. An object's text is its frame but for the last brace: in
-- its place come a comma, or nothing (a space stands for it) where the object is empty, and the collection's word. Other
-- texts, without a joint, are published as they came, and the change beside them, as if it had been taken from the
-- channel.

local text, expire, joint = ARGV[7], ARGV[11], ARGV[12]

local function mark()
    if ARGV[10] ~= '' then call('PUBLISH', ARGV[10], ARGV[9]) end
end

local foreign = load()
if foreign then return { 'foreign', foreign } end
if MOST_BYTES and #text > MOST_BYTES then return { 'refused', 'bytes', MOST_BYTES } end
local change, most = read_change(13)
if not meta then
    if MOST_ENTRIES and change and #change.names > MOST_ENTRIES then return { 'refused', 'entries', MOST_ENTRIES } end
    if tonumber(expire) > 0 then call('SET', K, text, 'EX', expire) end
    mark()
    call('PUBLISH', K, text)
    return { 'relayed' }
end
local refused
if change then refused, most = objection(change) end
if most then return { 'refused', refused, most } end
if refused then change = nil end
local is_frame = change and joint ~= ''
if not is_frame then meta.t = meta.t + 1 end
if change then apply(change) else call('HSET', META, 't', meta.t) end
live_on()
mark()
if is_frame then
    call('PUBLISH', K, string.sub(text, 1, -2) .. (joint == ',' and ',' or '') .. about(''))
else
    call('PUBLISH', K, text)
    publish_taken(change, ARGV[8])
end
if change then log(change, '') end
return change and { 'applied', meta.e, meta.v } or { 'relayed' }
