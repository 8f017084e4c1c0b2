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
-- A block's row, under its number in meta: where it begins in K, its room, how much of this is used, and how long each
-- of its entries is.
-- In fields are the values: of an array by index, of an object by name, with the index and a space before it.

local K, FIELDS, META, CLIENT, LOG = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
if LOG == K then LOG = nil end
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
-- size, stamp: by which to know what was written here; t: foreign texts taken; seedable: until when it takes seeds; seed:
-- the position of the best one; front: how many items of an array are of seeds, -1 where it was edited.
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

-- How long the entries are is read only where it matters: moving a block does not ask for it.
local function read_row(text)
    local at, room, used, lengths = string.match(text, '^(%d+) (%d+) (%d+)(.*)$')
    return { at = tonumber(at), room = tonumber(room), used = tonumber(used), unread = lengths }
end

local function row_text(row)
    return row.at .. ' ' .. row.room .. ' ' .. row.used .. (row.unread or ' ' .. table.concat(row, ' '))
end

local function load_rows(low, high)
    local missing = {}
    for block = low, high do
        if not rows[block] then missing[#missing + 1] = block end
    end
    for i, text in ipairs(in_parts('HMGET', META, missing)) do rows[missing[i]] = read_row(text) end
end

-- Returns a block's row, the lengths of whose entries are its items.
local function row_of(block)
    local row = rows[block] or read_row(call('HGET', META, block))
    rows[block] = row
    if row.unread then
        local count = 0
        for length in string.gmatch(row.unread, '%d+') do
            count = count + 1
            row[count] = tonumber(length)
        end
        row.unread = nil
    end
    return row
end

-- Makes room for need bytes in a block that is not the last one.
local function make_room(block, need)
    -- Gives each block from low to high its share of what is free, and block its need; moves them to where they belong.
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

local function save_rows(arguments)
    for block in pairs(changed) do
        arguments[#arguments + 1] = block
        arguments[#arguments + 1] = row_text(rows[block])
    end
end
