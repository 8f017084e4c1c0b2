-- A seed is what some browser knows of a collection that is lost. Seeds come in whatever order they and others are heard:
-- they yield to all that was said since, and among them the one of the later position is right. What it does not have
-- was deleted in time.

local function position_of(text)
    local e, v = string.match(text, '^(%d+) (%d+)$')
    return tonumber(e) or 0, tonumber(v) or 0
end

-- `position` is the one that the seed is of; some do not tell. Returns nil if there can be no news in it, else a function
-- that makes of the seed what is not there and nobody has deleted, or a worse seed has said; nil for nothing.
local function seeding(position)
    local e, v = position_of(position)
    local best_e, best_v = position_of(meta.seed or '')
    local is_later = e > best_e or e == best_e and v > best_v
    if meta.v > 0 and not (is_later and e < meta.b and meta.seedable and now() <= meta.seedable) then return nil end
    return function(seed)
        if meta.seedable then
            meta.seed = e .. ' ' .. v
            -- Else it is written down with all else.
            if meta.v > 0 then call('HSET', META, 'seed', meta.seed) end
        end
        if meta.v == 0 then return seed end
        if seed.kind ~= 'object' or meta.kind ~= 'object' and meta.n > 0 then return nil end
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
end
