-- How entries are put in place of others, at the end, and away.

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
        local row = row_of(kept)
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
