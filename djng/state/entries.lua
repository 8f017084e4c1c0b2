-- The text of a collection under K: true at every moment, though no change rewrites all of it.
--
--     <stamp: 16 characters of white space> { "home":2,"away":1          ,"of":3}
--
-- Every entry is its separator (a space for the first one, else a comma), in objects its name and a colon, and its
-- value. Entries have indexes, and SPAN of them stand together in a block, which has some room to grow: behind its
-- entries are spaces, which JSON allows there. So an entry that changes its length moves at most the rest of its
-- block. A block without room takes some from its neighbours, from as few as have it: a packed memory array, whose
-- cost for each change grows with the square of the logarithm of the size at the most. The last block may grow freely:
-- the closing bracket is right behind its entries, and whatever white space there is behind that.
--
-- A block's row, under its number in meta: where it begins in K, its room, and how long its entries are.
-- In fields are the values: of an array by index, of an object by name, with the index and a space before it.

local K, FIELDS, META, CLIENT = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local STAMP = ARGV[3]
local SPAN = 16
-- Arguments of one command: Lua's stack takes some thousand.
local MANY = 4000
local BEGIN = 17
local OPENER = { object = '{', array = '[' }
local CLOSER = { object = '}', array = ']' }

-- Each run makes all functions anew, at a price for each name from outside of them: libraries are called by their
-- global names, and what is rarely needed is made within its one user.
local call = redis.call

-- e, v: position; b: the epoch in which the collection was made; kind; n: entries; live: bytes of entries;
-- size, stamp: by which to know what was written here; t: foreign texts taken.
local meta
local rows, changed = {}, {}

local function in_parts(command, key, arguments)
    local replies = {}
    for from = 1, #arguments, MANY do
        local reply = call(command, key, unpack(arguments, from, math.min(from + MANY - 1, #arguments)))
        if type(reply) == 'table' then
            for i = 1, #reply do replies[from + i - 1] = reply[i] end
        end
    end
    return replies
end

local function last_block()
    return math.floor((meta.n - 1) / SPAN)
end

local function read_row(text)
    local row, count, used = {}, -2, 0
    for number in string.gmatch(text, '%d+') do
        count = count + 1
        local length = tonumber(number)
        if count > 0 then
            row[count] = length
            used = used + length
        elseif count == 0 then
            row.room = length
        else
            row.at = length
        end
    end
    row.used = used
    return row
end

local function load_rows(low, high)
    local missing = {}
    for block = low, high do
        if not rows[block] then missing[#missing + 1] = block end
    end
    for i, text in ipairs(in_parts('HMGET', META, missing)) do rows[missing[i]] = read_row(text) end
end

local function row_of(block)
    if not rows[block] then rows[block] = read_row(call('HGET', META, block)) end
    return rows[block]
end

-- Makes room for need bytes in a block that is not the last one.
local function make_room(block, need)
    -- Gives each block from low to high its share of what is free, and block its need, and moves them to where they belong.
    local function lay_out(low, high, free, block, need)
        local open = high == last_block()
        local first, final = rows[low], rows[high]
        local finish = final.at + (open and final.used or final.room)
        local text = call('GETRANGE', K, first.at, finish - 1)
        local share = math.floor(free / (high - low + 1))
        local base, at, parts = first.at, first.at, {}
        for number = low, high do
            local row = rows[number]
            local begin = row.at - base
            parts[#parts + 1] = string.sub(text, begin + 1, begin + row.used)
            row.at = at
            row.room = (number == block and need or row.used) + share
            if number == high then row.room = open and row.used or finish - at end
            parts[#parts + 1] = string.rep(' ', row.room - row.used)
            at = at + row.room
            changed[number] = true
        end
        if open then
            parts[#parts + 1] = CLOSER[meta.kind]
            parts[#parts + 1] = string.rep(' ', finish - at)
            meta.size = math.max(meta.size, at + 1)
        end
        call('SETRANGE', K, base, table.concat(parts))
    end

    local last, span, level = last_block(), 1, 0
    while true do
        span, level = span * 2, level + 1
        local low = block - block % span
        local high = math.min(low + span - 1, last)
        load_rows(low, high)
        local used, room = need - rows[block].used, 0
        for number = low, high do
            used, room = used + rows[number].used, room + rows[number].room
        end
        if high == last then
            return lay_out(low, high, math.floor(used / 4) + 16 * (high - low + 1), block, need)
        elseif room - used > math.floor(room * level / 50) then
            return lay_out(low, high, room - used, block, need)
        end
    end
end

-- Puts texts in place of some entries of a block, by their slots in ascending order.
local function rewrite(block, slots, texts)
    local row, used = row_of(block), 0
    for i = 1, #slots do used = used + #texts[i] - row[slots[i]] end
    used = used + row.used
    local open = block == last_block()
    if used > row.room and not open then make_room(block, used) end
    local slot, at = 1, row.at
    while slot < slots[1] do
        at = at + row[slot]
        slot = slot + 1
    end
    if #slots == 1 and #texts[1] == row[slot] then
        call('SETRANGE', K, at, texts[1])
        return
    end
    local rest = call('GETRANGE', K, at, row.at + row.used - 1)
    local parts, from = {}, 1
    for i = 1, #slots do
        local upto = from
        while slot < slots[i] do
            upto = upto + row[slot]
            slot = slot + 1
        end
        parts[#parts + 1] = string.sub(rest, from, upto - 1)
        parts[#parts + 1] = texts[i]
        from = upto + row[slot]
        row[slot] = #texts[i]
        slot = slot + 1
    end
    parts[#parts + 1] = string.sub(rest, from)
    if open then parts[#parts + 1] = CLOSER[meta.kind] end
    parts[#parts + 1] = string.rep(' ', row.used - used)
    call('SETRANGE', K, at, table.concat(parts))
    if open then meta.size = math.max(meta.size, row.at + used + 1) end
    meta.live = meta.live + used - row.used
    row.used = used
    changed[block] = true
end

-- Puts texts, by their entries' indexes, in place of what is there; ascending unless there is only one.
local function replace(indexes, texts)
    local from = 1
    while from <= #indexes do
        local block, slots, of_block = math.floor(indexes[from] / SPAN), {}, {}
        while from <= #indexes and math.floor(indexes[from] / SPAN) == block do
            slots[#slots + 1] = indexes[from] - block * SPAN + 1
            of_block[#of_block + 1] = (indexes[from] == 0 and ' ' or ',') .. texts[from]
            from = from + 1
        end
        rewrite(block, slots, of_block)
    end
end

local function append(texts)
    if #texts == 0 then return end
    local at, row = BEGIN
    if meta.n > 0 then
        row = row_of(last_block())
        at = row.at + row.used
    end
    local parts, begin = {}, at
    for i = 1, #texts do
        local text = (meta.n == 0 and ' ' or ',') .. texts[i]
        parts[i] = text
        if meta.n % SPAN == 0 then
            if row then row.room = row.used end
            row = { at = at, room = 0, used = 0 }
            rows[meta.n / SPAN] = row
        end
        changed[math.floor(meta.n / SPAN)] = true
        if i == 1 and meta.n % SPAN == 0 and meta.n > 0 then changed[meta.n / SPAN - 1] = true end
        row[#row + 1] = #text
        row.used = row.used + #text
        meta.n = meta.n + 1
        at = at + #text
    end
    parts[#parts + 1] = CLOSER[meta.kind]
    call('SETRANGE', K, begin, table.concat(parts))
    meta.live = meta.live + at - begin
    meta.size = math.max(meta.size, at + 1)
end

-- Leaves the first so many entries.
local function truncate(count)
    local last = last_block()
    local kept = math.floor((count - 1) / SPAN)
    load_rows(math.max(kept, 0), last)
    local finish, at, gone = rows[last].at + rows[last].used, BEGIN, {}
    for block = kept + 1, last do
        meta.live = meta.live - rows[block].used
        gone[#gone + 1] = block
        rows[block], changed[block] = nil, nil
    end
    in_parts('HDEL', META, gone)
    if count > 0 then
        local row = rows[kept]
        for slot = #row, count - kept * SPAN + 1, -1 do
            meta.live = meta.live - row[slot]
            row.used = row.used - row[slot]
            row[slot] = nil
        end
        at = row.at + row.used
        changed[kept] = true
    end
    call('SETRANGE', K, at, CLOSER[meta.kind] .. string.rep(' ', finish - at))
    meta.n = count
end

-- Takes an entry out of an object, and puts the last one in its place, whose name it returns.
local function remove(index)
    local last = meta.n - 1
    if index == last then return truncate(last) end

    local function name_of(entry)
        local from = 3
        while true do
            local at = string.find(entry, '["\\]', from)
            if string.sub(entry, at, at) == '"' then return string.sub(entry, 2, at) end
            from = at + 2
        end
    end

    local row = row_of(last_block())
    local finish = row.at + row.used
    local entry = call('GETRANGE', K, finish - row[#row], finish - 1)
    local name = name_of(entry)
    truncate(last)
    replace({ index }, { string.sub(entry, 2) })
    call('HSET', FIELDS, name, index .. ' ' .. string.sub(entry, #name + 3))
    return name
end

local function make_empty(kind)
    meta.kind, meta.n, meta.live, meta.size = kind, 0, 0, BEGIN + 1
    call('SET', K, STAMP .. OPENER[kind] .. CLOSER[kind])
end

local function save_rows(arguments)
    for block in pairs(changed) do
        local row = rows[block]
        arguments[#arguments + 1] = block
        arguments[#arguments + 1] = row.at .. ' ' .. row.room .. ' ' .. table.concat(row, ' ')
    end
end
