-- The collection's meta: its position, its life, and what other programs wrote under K.

-- Seconds: a text that was heard on the channel and one that was found under K within this time are one and the same.
local SAME = 10
-- What is found under K is left to be heard on the channel for this time, if somebody listens there; as long as others
-- are being taken it may stand behind them, and is left for SAME.
local PATIENCE = 2
-- Somebody listens who has said so within this time.
local LISTENING = 30
-- Texts that are remembered to be one and the same.
local REMEMBERED = 100
-- For so long a collection that is made anew takes what browsers know of one that is lost: they come back by then.
local SEEDABLE = 120

-- Seconds to live; and how many entries and bytes there may be, where the author of a change is bound to that.
local TTL, most_entries, most_bytes = string.match(ARGV[4], '^(%d+) ?(%d*) ?(%d*)$')
local MOST_ENTRIES, MOST_BYTES = tonumber(most_entries), tonumber(most_bytes)
local LEAST_EPOCH, LEAST_VERSION = tonumber(ARGV[5]), tonumber(ARGV[6])

local milliseconds

local function now()
    if not milliseconds then
        local time = call('TIME')
        milliseconds = time[1] * 1000 + math.floor(time[2] / 1000)
    end
    return milliseconds
end

local function later_epoch()
    return math.max(now(), LEAST_EPOCH + 1)
end

-- Writes down that this script has written K.
local function save()
    -- Writes K anew, without any room, from what it holds.
    local function tighten()
        local text, last, parts, at = call('GET', K), last_block(), {}, BEGIN
        load_rows(0, last)
        for block = 0, last do
            local row = rows[block]
            parts[#parts + 1] = string.sub(text, row.at + 1, row.at + row.used)
            row.at, row.room = at, row.used
            at = at + row.used
            changed[block] = true
        end
        meta.size = at + 1
        call('SET', K, string.sub(text, 1, BEGIN) .. table.concat(parts) .. CLOSER[meta.kind])
    end

    if meta.size > 2 * meta.live + 1024 then tighten() end
    -- Now and then is asked whether no seed is taken any more.
    if meta.seedable and meta.v % 64 == 0 and now() > meta.seedable then
        local marks = { 'seedable', 'seed', 'front' }
        for _, field in ipairs(call('HKEYS', META)) do
            if string.find(field, '^[-+~]') then marks[#marks + 1] = field end
        end
        in_parts('HDEL', META, marks)
        meta.seedable, meta.seed, meta.front = nil, nil, 0
    end
    meta.stamp = STAMP
    if meta.size > 0 then call('SETRANGE', K, 0, STAMP) else meta.stamp = '' end
    local arguments = {
        'e', meta.e, 'v', meta.v, 'b', meta.b, 'kind', meta.kind, 'n', meta.n,
        'live', meta.live, 'size', meta.size, 'stamp', meta.stamp, 't', meta.t,
        'w', meta.v,
    }
    if meta.is_new then
        arguments[#arguments + 1], arguments[#arguments + 2] = 'seedable', meta.seedable
    end
    if meta.seed then
        arguments[#arguments + 1], arguments[#arguments + 2] = 'seed', meta.seed
    end
    if meta.front ~= 0 then
        arguments[#arguments + 1], arguments[#arguments + 2] = 'front', meta.front
    end
    save_rows(arguments)
    in_parts('HSET', META, arguments)
    changed = {}
end

-- From now on somebody hears what is published.
local function listen()
    call('HSET', META, 'until', now() + LISTENING * 1000)
end

local function live_on()
    call('EXPIRE', K, TTL)
    call('EXPIRE', FIELDS, TTL)
    call('EXPIRE', META, TTL)
end

-- A list of digests and times, the newest last, in a field of meta.
local function remember(list, digest)
    local known, kept = call('HGET', META, list) or '', {}
    for entry, time in string.gmatch(known, '(%x+ (%d+)),') do
        if now() - time <= SAME * 1000 then kept[#kept + 1] = entry .. ',' end
    end
    kept[#kept + 1] = digest .. ' ' .. now() .. ','
    call('HSET', META, list, table.concat(kept, '', math.max(1, #kept - REMEMBERED + 1)))
end

-- Whether the digest was remembered, which it then is no more.
local function recall(list, digest)
    local known = call('HGET', META, list)
    if not known then return false end
    local from, to, time = string.find(known, digest .. ' (%d+),')
    if not from then return false end
    call('HSET', META, list, string.sub(known, 1, from - 1) .. string.sub(known, to + 1))
    return now() - time <= SAME * 1000
end

local function drop_aside()
    call('HDEL', META, 'aside', 'aside_at', 'taken_at')
    meta.aside_at = nil
end

-- Somebody else wrote K, or deleted it. It is mended, and what was written put aside, unless it is known or expected.
local function mend(expected)
    -- Writes K anew from fields; it must be given its time to live again.
    local function restore()
        if meta.size == 0 then
            call('DEL', K)
            return
        end
        local fields, texts, is_object = call('HGETALL', FIELDS), {}, meta.kind == 'object'
        for i = 1, #fields, 2 do
            local index, value = fields[i], fields[i + 1]
            if is_object then
                local at = string.find(value, ' ', 1, true)
                texts[string.sub(value, 1, at - 1) + 1] = index .. ':' .. string.sub(value, at + 1)
            else
                texts[index + 1] = value
            end
        end
        rows = {}
        make_empty(meta.kind)
        append(texts)
    end

    local text = call('GET', K)
    local digest = text and redis.sha1hex(text)
    local seen = digest == expected
    if text and not seen and not recall('heard', digest) then
        call('HSET', META, 'aside', text, 'aside_at', now())
        meta.aside_at = now()
    end
    local left = call('PTTL', META)
    restore()
    save()
    if left > 0 then call('PEXPIRE', K, left) end
    return seen
end

-- Loads meta, if there is a collection. If somebody else wrote K, or has lately, and it has to be taken in by what it
-- says, returns that text; the caller has to come back with it. `expected`, a digest, is no such text; the second value
-- says whether it was met.
local function load(expected)
    local found = call(
        'HMGET', META, 'e', 'v', 'b', 'kind', 'n', 'live', 'size', 'stamp', 't', 'aside_at', 'seedable', 'seed', 'front',
        'w'
    )
    if not found[1] then return nil, false end
    meta = {
        e = tonumber(found[1]), v = tonumber(found[2]), b = tonumber(found[3]), kind = found[4],
        n = tonumber(found[5]), live = tonumber(found[6]), size = tonumber(found[7]), stamp = found[8],
        t = tonumber(found[9]), aside_at = tonumber(found[10]), seedable = tonumber(found[11]), seed = found[12],
        front = tonumber(found[13]) or 0,
    }
    if tonumber(found[14]) ~= meta.v then
        -- A script of an older release was here, which remembers no moves.
        call('HSET', META, 'moves', meta.v .. ';', 'w', meta.v)
    end
    if call('HLEN', FIELDS) ~= meta.n then
        -- Evicted, or somebody's doing. What K holds is all there is.
        call('DEL', FIELDS, META)
        meta = nil
        return nil, false
    end
    local seen = false
    if call('GETRANGE', K, 0, 15) ~= meta.stamp or call('STRLEN', K) ~= meta.size then seen = mend(expected) end
    if meta.e < LEAST_EPOCH or meta.e == LEAST_EPOCH and meta.v < LEAST_VERSION then
        -- Redis has come back from an older state of its own.
        meta.e = later_epoch()
        call('HSET', META, 'e', meta.e)
    end
    if meta.aside_at then
        local aside, taken_at, listening = unpack(call('HMGET', META, 'aside', 'taken_at', 'until'))
        local is_awaited = now() < tonumber(listening or 0) and now() < meta.aside_at + SAME * 1000
            and (expected or now() < math.max(meta.aside_at, taken_at or 0) + PATIENCE * 1000)
        if expected and redis.sha1hex(aside) == expected then
            drop_aside()
            seen = true
        elseif not is_awaited then
            return aside, seen
        end
    end
    return nil, seen
end

local function make()
    -- What may be left of one before.
    call('DEL', FIELDS)
    local epoch = later_epoch()
    meta = { e = epoch, v = 0, b = epoch, kind = '', n = 0, live = 0, size = 0, stamp = '', t = 0, front = 0 }
    meta.seedable, meta.is_new = now() + SEEDABLE * 1000, true
end
