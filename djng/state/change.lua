-- A change is laid over the collection, and published.

-- Bytes of what is remembered of moves.
local MOVES = 4000

-- Reads a change from the arguments, nil for none: kind, the number of properties, these by name and text, the number
-- of names that are deleted, these, the length or nothing, the number of items to push, these, and of an array what is
-- said there.
local function read_change(from)
    if ARGV[from] == '' then return nil end
    local change, names, texts = { kind = ARGV[from], names = {}, texts = {}, delete = {}, push = {} }
    names, texts = change.names, change.texts
    local at = from + 2
    for i = 1, tonumber(ARGV[from + 1]) do
        names[i], texts[i] = ARGV[at], ARGV[at + 1]
        at = at + 2
    end
    local count = tonumber(ARGV[at])
    for i = 1, count do change.delete[i] = ARGV[at + i] end
    at = at + count + 1
    change.length = tonumber(ARGV[at])
    count = tonumber(ARGV[at + 1])
    for i = 1, count do change.push[i] = ARGV[at + 1 + i] end
    if change.kind == 'array' then
        -- The position that the indexes are of, and what is put in before which of them.
        at = at + 2 + count
        change.e, change.v, change.insert = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), {}
        local inserts = tonumber(ARGV[at + 2])
        at = at + 3
        for i = 1, inserts do
            local insert = { at = tonumber(ARGV[at]) }
            for k = 1, tonumber(ARGV[at + 1]) do insert[k] = ARGV[at + 1 + k] end
            change.insert[i] = insert
            at = at + 2 + #insert
        end
    end
    return change
end

local function apply_to_object(change)
    local names, texts = change.names, change.texts
    local known = in_parts('HMGET', FIELDS, names)
    local puts, indexes, entries, fresh = {}, {}, {}, {}
    for i = 1, #names do
        if known[i] then
            local index = string.sub(known[i], 1, string.find(known[i], ' ', 1, true) - 1)
            indexes[#indexes + 1] = tonumber(index)
            entries[#entries + 1] = names[i] .. ':' .. texts[i]
            puts[#puts + 1] = names[i]
            puts[#puts + 1] = index .. ' ' .. texts[i]
        else
            fresh[#fresh + 1] = i
        end
    end
    if #indexes > 1 then
        -- Sorts two lists alike by the first of them.
        local function sorted(indexes, texts)
            local order, by, sorted_indexes, sorted_texts = {}, {}, {}, {}
            for i = 1, #indexes do
                order[i] = indexes[i]
                by[indexes[i]] = texts[i]
            end
            table.sort(order)
            for i = 1, #order do sorted_indexes[i], sorted_texts[i] = order[i], by[order[i]] end
            return sorted_indexes, sorted_texts
        end

        indexes, entries = sorted(indexes, entries)
    end
    replace(indexes, entries)
    if #change.delete > 0 then
        -- What was set must be known before it moves.
        in_parts('HSET', FIELDS, puts)
        puts = {}
        local moved, gone = {}, {}
        for i, value in ipairs(in_parts('HMGET', FIELDS, change.delete)) do
            if value then
                local name = change.delete[i]
                local index = moved[name] or tonumber(string.sub(value, 1, string.find(value, ' ', 1, true) - 1))
                local instead = remove(index)
                if instead then moved[instead] = index end
                gone[#gone + 1] = name
            end
        end
        in_parts('HDEL', FIELDS, gone)
    end
    entries = {}
    for k, i in ipairs(fresh) do
        entries[k] = names[i] .. ':' .. texts[i]
        puts[#puts + 1] = names[i]
        puts[#puts + 1] = (meta.n + k - 1) .. ' ' .. texts[i]
    end
    append(entries)
    in_parts('HSET', FIELDS, puts)
end

-- The names and texts must be in ascending order, and below the length that is cut to. Afterwards they hold what was
-- pushed, too.
local function apply_to_array(change)
    local names, texts, length = change.names, change.texts, change.length
    if length and length < meta.n then
        local gone = {}
        for index = length, meta.n - 1 do gone[#gone + 1] = index end
        in_parts('HDEL', FIELDS, gone)
        truncate(length)
    end
    local puts, indexes, entries, fresh = {}, {}, {}, {}
    for i = 1, #names do
        local index = tonumber(names[i])
        if index < meta.n then
            indexes[#indexes + 1] = index
            entries[#entries + 1] = texts[i]
        else
            while meta.n + #fresh < index do fresh[#fresh + 1] = 'null' end
            fresh[#fresh + 1] = texts[i]
        end
        puts[#puts + 1] = index
        puts[#puts + 1] = texts[i]
    end
    for _, text in ipairs(change.push) do
        local index = meta.n + #fresh
        fresh[#fresh + 1] = text
        names[#names + 1] = index
        texts[#texts + 1] = text
    end
    replace(indexes, entries)
    for i = 1, #fresh do
        puts[#puts + 1] = meta.n + i - 1
        puts[#puts + 1] = fresh[i]
    end
    append(fresh)
    in_parts('HSET', FIELDS, puts)
end

-- Why the change cannot be applied, if so, and the limit that it exceeds. One that makes the collection smaller can.
local function objection(change)
    if meta.kind ~= change.kind and meta.n > 0 then return meta.kind end

    -- How many items there are before those that are pushed.
    local function length_by(change)
        local highest = tonumber(change.names[#change.names]) or -1
        return math.min(math.max(meta.n, highest + 1), change.length or math.huge)
    end

    -- How many entries and bytes there are once the change is applied.
    local function measure(change)
        local entries, bytes, names, texts = meta.n, meta.live, change.names, change.texts
        local is_object, overhead = change.kind == 'object', 1

        local function size_of(value)
            return #value - (is_object and string.find(value, ' ', 1, true) or 0)
        end

        for i, value in ipairs(in_parts('HMGET', FIELDS, names)) do
            -- A separator, and in objects the name and a colon.
            overhead = is_object and #names[i] + 2 or 1
            bytes = bytes + #texts[i] + (value and -size_of(value) or overhead)
            if not value then entries = entries + 1 end
        end
        for i, value in ipairs(in_parts('HMGET', FIELDS, change.delete)) do
            if value then
                entries, bytes = entries - 1, bytes - size_of(value) - #change.delete[i] - 2
            end
        end
        if not is_object then
            local length, gone = length_by(change), {}
            -- What lies between is null, and a comma.
            if length > entries then bytes = bytes + 5 * (length - entries) end
            for index = length, meta.n - 1 do gone[#gone + 1] = index end
            for _, value in ipairs(in_parts('HMGET', FIELDS, gone)) do bytes = bytes - #value - 1 end
            entries = length + #change.push
            for _, text in ipairs(change.push) do bytes = bytes + #text + 1 end
        end
        return entries, bytes
    end

    if MOST_ENTRIES or MOST_BYTES then
        local entries, bytes = measure(change)
        if MOST_ENTRIES and entries > MOST_ENTRIES and entries > meta.n then return 'entries', MOST_ENTRIES end
        -- Two brackets, and no separator before the first entry.
        if MOST_BYTES and bytes + 1 > MOST_BYTES and bytes > meta.live then return 'bytes', MOST_BYTES end
    end
    if change.kind == 'array' then
        if length_by(change) + #change.push > MOST_ITEMS then return 'items' end
    end
end

local function marked(sign, names)
    local fields = {}
    for i = 1, #names do fields[i] = sign .. names[i] end
    return fields
end

-- Remembers what was taken out and put in, so that indexes of an older version can be told: in meta, under `moves`, the
-- version from which on all of it is known, and then of each move the version that it led to, an index, how many items
-- went from there, and how many came.
local function note_moves(change)
    local moves = change.moves
    if not moves then
        if not change.length or change.length >= meta.n then return end
        moves = { { change.length, meta.n - change.length, 0 } }
    end
    local parts = { call('HGET', META, 'moves') or '0;' }
    for i, move in ipairs(moves) do parts[i + 1] = meta.v + 1 .. ' ' .. table.concat(move, ' ') .. ',' end
    local text = table.concat(parts)
    if #text > MOVES then
        local from = string.find(text, ',', #text - MOVES / 2, true)
        local since = string.match(string.sub(text, 1, from), '(%d+) %d+ %d+ %d+,$')
        text = since .. ';' .. string.sub(text, from + 1)
    end
    call('HSET', META, 'moves', text)
end

-- In meta, while the collection takes seeds: a plus and a name for what stems from a seed and nobody has changed since, a
-- minus and a name for what was deleted.
local function mark_names(change, is_seed)
    if not is_seed and not meta.seed and #change.delete == 0 then return end
    local marks = {}
    for _, field in ipairs(is_seed and marked('+', change.names) or marked('-', change.delete)) do
        marks[#marks + 1], marks[#marks + 2] = field, 1
    end
    in_parts('HSET', META, marks)
    if not is_seed then in_parts('HDEL', META, marked('+', change.names)) end
    in_parts('HDEL', META, marked('+', change.delete))
end

-- Applies a change, which may be what is news of a seed.
local function apply(change, is_seed)
    if meta.kind ~= change.kind then make_empty(change.kind) end
    if meta.seedable and change.kind == 'object' then mark_names(change, is_seed) end
    if change.kind == 'array' then
        -- Where more than pushing was done to it there is no front any more that a better seed could take the place of.
        if meta.seedable and not is_seed and (#change.names > 0 or change.length) then meta.front = -1 end
        note_moves(change)
        apply_to_array(change)
    else
        apply_to_object(change)
    end
    meta.v = meta.v + 1
    save()
end

-- The collection's word on a change, to end a frame with; more is JSON of further members. The version is the present
-- one, or as it is given.
local function about(more, version)
    local n = meta.kind == 'array' and ',"n":' .. meta.n or ''
    return '"$$djng":{"c":' .. ARGV[2] .. ',"e":' .. meta.e .. ',"v":' .. (version or meta.v) .. n .. more .. '}}'
end

-- A change as a frame of its properties.
local function frame_of(change, more)
    local parts, names, texts, is_array = {}, change.names, change.texts, change.kind == 'array'
    for i = 1, #names do
        parts[i] = (is_array and '"' .. names[i] .. '":' or names[i] .. ':') .. texts[i] .. ','
    end
    return '{' .. table.concat(parts) .. about(more)
end

local function publish(change, more)
    call('PUBLISH', K, frame_of(change, more))
end

-- Publishes that a foreign text is taken, and what it changed, if anything.
local function publish_taken(change, digest)
    local more = ',"t":' .. meta.t .. ',"f":"' .. digest .. '"'
    if change then
        publish(change, more)
    else
        -- No version: a browser that has missed the last change must not take this for it.
        call('PUBLISH', K, '{' .. about(more, 0))
    end
end

-- Writes a change that has been applied into the log, if there is one. Whoever reads it knows what the collection was
-- like right after each entry: one that does not follow the entry before it, and each so many, holds all of it.
-- In meta: the epoch in which the collection was made, the version that was logged last, and how many since then.
local function log(change, more)
    if not LOG then return end
    local length, seconds, name, who = unpack(ARGV, #ARGV - 3)
    local entry = { 'XADD', LOG, 'MAXLEN', '~', 2 * length, '*', 'frame', frame_of(change, more), 'who', who }
    local made, v, since = string.match(call('HGET', META, 'logged') or '', '(%d+) (%d+) (%d+)')
    local follows = tonumber(made) == meta.b and tonumber(v) == meta.v - 1
    if not follows or tonumber(since) >= tonumber(length) or call('EXISTS', LOG) == 0 then
        entry[#entry + 1], entry[#entry + 2] = 'text', call('GET', K)
        since = 0
    end
    call(unpack(entry))
    call('EXPIRE', LOG, seconds)
    call('HSET', META, 'logged', meta.b .. ' ' .. meta.v .. ' ' .. since + 1)
    call('PUBLISH', name, K)
end
