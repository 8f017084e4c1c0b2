-- A seed is what some browser knows of a collection that is lost. Seeds come in whatever order they and others are heard:
-- they yield to all that was said since, and among them the one of the later position is right. What it does not have
-- was deleted in time.

local function position_of(text)
    local e, v = string.match(text, '^(%d+) (%d+)')
    return tonumber(e) or 0, tonumber(v) or 0
end

-- `position` is the one that the seed is of; some do not tell. Behind it stand the numbers of the last changes that are
-- in the seed, of the clients whose keys are the sixth and so on.
-- Returns whether there may be news in it, a function that makes of the seed what is news, nil for nothing, and one to be
-- called once this is applied, or there is nothing.
local function seeding(position)
    local e, v = position_of(position)
    local best_e, best_v = position_of(meta.seed or '')
    local is_later = e > best_e or e == best_e and v > best_v
    local is_known = e > 0 and e < meta.b and meta.seedable and now() <= meta.seedable
    local may_be_news = meta.v == 0 or is_known and is_later
    -- Whether what the seed holds is in the collection.
    local is_in = true

    -- An object lacks what is not there and nobody has deleted, or what a worse seed has said.
    local function for_object(seed)
        local news, has = { kind = 'object', names = {}, texts = {}, delete = {}, push = {} }, {}
        local known = in_parts('HMGET', FIELDS, seed.names)
        local seeded = in_parts('HMGET', META, marked('+', seed.names))
        local deleted = in_parts('HMGET', META, marked('-', seed.names))
        for i, name in ipairs(seed.names) do
            has[name] = true
            local is_other = known[i] and string.sub(known[i], string.find(known[i], ' ', 1, true) + 1) ~= seed.texts[i]
            if seeded[i] and is_other or not known[i] and not deleted[i] then
                news.names[#news.names + 1], news.texts[#news.texts + 1] = name, seed.texts[i]
            end
        end
        -- What only a page has had, and no collection, stays.
        for _, field in ipairs(best_e > 0 and call('HKEYS', META) or {}) do
            local name = string.match(field, '^%+(.*)$')
            if name and not has[name] then news.delete[#news.delete + 1] = name end
        end
        return (#news.names > 0 or #news.delete > 0) and news or nil
    end

    -- An array to which items were only pushed has those of the seed in front, in the place of a worse one's.
    local function for_array(seed)
        local reversed, items, indexes, again = {}, {}, {}, {}
        for index = 0, meta.n - 1 do indexes[index + 1] = index end
        local texts = in_parts('HMGET', FIELDS, indexes)
        -- What somebody has said again in here may be what the seed holds.
        local counts = in_parts('HMGET', META, marked('~', texts))
        for i, text in ipairs(texts) do again[text] = tonumber(counts[i]) end
        for i = #seed.push, 1, -1 do
            local text = seed.push[i]
            if (again[text] or 0) > 0 then
                again[text] = again[text] - 1
            else
                reversed[#reversed + 1] = text
            end
        end
        for i = #reversed, 1, -1 do items[#items + 1] = reversed[i] end
        for index = meta.front + 1, #texts do items[#items + 1] = texts[index] end
        local news = { kind = 'array', names = {}, texts = {}, delete = {}, push = {} }
        for i, text in ipairs(items) do
            if text ~= texts[i] then news.names[#news.names + 1], news.texts[#news.texts + 1] = i - 1, text end
        end
        if #items < meta.n then news.length = #items end
        news.moves = { { 0, 0, #reversed } }
        if meta.front > 0 then table.insert(news.moves, 1, { 0, meta.front, 0 }) end
        meta.front = #reversed
        return (#news.names > 0 or news.length) and news or nil
    end

    local function news_of(seed)
        local is_array = seed.kind == 'array'
        if meta.v > 0 and (meta.kind ~= seed.kind and meta.n > 0 or is_array and meta.front < 0) then
            is_in = false
            return nil
        end
        if meta.seedable then meta.seed = e .. ' ' .. v end
        if meta.v == 0 then
            meta.front = #seed.push
            return seed
        end
        return (is_array and for_array or for_object)(seed)
    end

    local function remember()
        if meta.v > 0 and meta.seed then call('HSET', META, 'seed', meta.seed, 'front', meta.front) end
        if not (is_known and is_in and meta.v > 0 and meta.seed) then return end
        local i = 6
        for s in string.gmatch(string.match(position, '^%d+ %d+(.*)$') or '', '%d+') do
            local last, of_e = string.match(call('GET', KEYS[i]) or '', '^(%d+) (%d+)')
            if not last or tonumber(of_e) < meta.b or tonumber(last) < tonumber(s) then
                call('SET', KEYS[i], s .. ' ' .. meta.e .. ' ' .. meta.v, 'EX', CLIENT_MEMORY)
            end
            i = i + 1
        end
    end

    return may_be_news, news_of, remember
end
