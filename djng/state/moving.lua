-- What is said by indexes of an older version of an array is made one with what was taken out and put in since.

-- Makes of what a change takes out and puts in, by indexes of its own position, what it sets and cuts to now. Returns
-- false where it cannot be known what has become of those indexes.
local function resolve(change)
    local since, moves = 0, {}
    if change.e then
        local text = call('HGET', META, 'moves') or '0;'
        since = tonumber(string.match(text, '^%d+'))
        if change.e ~= meta.e or change.v > meta.v or change.v < since then return false end
        for v, at, gone, come in string.gmatch(text, '(%d+) (%d+) (%d+) (%d+),') do
            if tonumber(v) > change.v then moves[#moves + 1] = { tonumber(at), tonumber(gone), tonumber(come) } end
        end
    end

    -- Where an item, or the gap before one, is by now, and whether it still is an item: what is gone leaves a gap.
    local function trace(index, is_item)
        for _, move in ipairs(moves) do
            local at, gone, come = move[1], move[2], move[3]
            if index >= at + gone and (is_item or index > at) then
                index = index - gone + come
            elseif index > at or is_item and index == at then
                index, is_item = at, false
            end
        end
        return math.min(index, meta.n), is_item and index < meta.n
    end

    local sets, out, into, low = {}, {}, {}, meta.n
    local function put(index, text)
        into[index] = into[index] or {}
        table.insert(into[index], text)
        low = math.min(low, index)
    end

    for i, name in ipairs(change.names) do
        local index, is_item = trace(tonumber(name), true)
        if is_item then sets[index] = change.texts[i] else put(index, change.texts[i]) end
    end
    for _, name in ipairs(change.delete) do
        local index, is_item = trace(tonumber(name), true)
        if is_item then
            out[index] = true
            low = math.min(low, index)
        end
    end
    for _, insert in ipairs(change.insert) do
        local index = trace(insert.at, false)
        for _, text in ipairs(insert) do put(index, text) end
    end

    local indexes, names, texts, old, behind = {}, {}, {}, {}, {}
    for index in pairs(sets) do
        if index < low then indexes[#indexes + 1] = index end
    end
    table.sort(indexes)
    for i, index in ipairs(indexes) do names[i], texts[i] = index, sets[index] end
    for index = low, meta.n - 1 do behind[#behind + 1] = index end
    old = in_parts('HMGET', FIELDS, behind)
    local at, steps = low, {}
    local function keep(text)
        if text ~= old[at - low + 1] then names[#names + 1], texts[#texts + 1] = at, text end
        at = at + 1
    end
    for index = low, meta.n do
        for _, text in ipairs(into[index] or {}) do keep(text) end
        if into[index] then steps[#steps + 1] = { index, 0, #into[index] } end
        if out[index] then
            local last = steps[#steps]
            if last and last[1] + last[2] == index and last[2] > 0 then
                last[2] = last[2] + 1
            else
                steps[#steps + 1] = { index, 1, 0 }
            end
        elseif index < meta.n then
            keep(sets[index] or old[index - low + 1])
        end
    end
    change.names, change.texts, change.delete, change.insert = names, texts, {}, {}
    if at < meta.n then change.length = at end
    -- From the end, so that none of them moves what another one is about.
    change.moves = {}
    for i = #steps, 1, -1 do change.moves[#change.moves + 1] = steps[i] end
    if #change.moves == 0 then change.moves = nil end
    return true
end
