-- Who is at a facility, as each process of the server knows it of its own sockets, becomes a collection.
-- Arguments: the process or nothing, for how many milliseconds it is taken to live, whether it has told nothing before,
-- the number of people of whom there is news, these by name and attendance, or nothing for who has gone.
-- What each process has told is in a hash: under a person's name a line for each process, which begins with the
-- process and ends with what others see of the person; under the empty name which processes live, and until when.

local HERE, process, life, is_first = KEYS[4], ARGV[7], tonumber(ARGV[8]), ARGV[9] ~= ''
local known, is_living, living, has_died = process == '', { [process] = true }, {}, false
for id, finish in string.gmatch(call('HGET', HERE, '') or '', '(%S+) (%d+),') do
    if id == process then
        known = true
    elseif tonumber(finish) > now() then
        is_living[id] = true
        living[#living + 1] = id .. ' ' .. finish .. ','
    else
        has_died = true
    end
end
if not known and not is_first then return { 'unknown' } end
-- What others write here is none of this list.
if load() then drop_aside() end
if meta and meta.kind == 'array' and meta.n > 0 then meta = nil end
if not meta then
    if process == '' and call('EXISTS', HERE) == 0 then return { 'gone' } end
    call('DEL', K, META)
    make()
    save()
end

-- The lines of a person without those of the dead, or with another one for this process.
local function lines_of(text, told)
    local lines, has_changed = {}, told ~= nil
    for line in string.gmatch(text or '', '[^\n]+') do
        local id = string.match(line, '^%S+')
        if not is_living[id] then
            has_changed = true
        elseif not (told and id == process) then
            lines[#lines + 1] = line
        end
    end
    if told and told ~= '' then lines[#lines + 1] = process .. ' ' .. told end
    return lines, has_changed
end

-- What browsers see: the latest of what was told, and how many tabs there are together. One that has moved to another
-- process is told by both for a while, and is one; somebody who is about to go is there yet.
local function shown(lines)
    local latest, seen, tabs, json = -1, {}, 0
    for _, line in ipairs(lines) do
        local at, names, text = string.match(line, '^%S+ (%d+) (%S*) (.*)$')
        if tonumber(at) >= latest then latest, json = tonumber(at), text end
        for tab in string.gmatch(names, '[^,]+') do
            if not seen[tab] then seen[tab], tabs = true, tabs + 1 end
        end
    end
    local joint = string.find(json, '^{%s*}$') and '' or ','
    return string.sub(json, 1, -2) .. joint .. '"tabs":' .. math.max(tabs, 1) .. '}'
end

local names, told = {}, {}
for i = 1, tonumber(ARGV[10]) do
    names[i] = ARGV[9 + 2 * i]
    told[names[i]] = ARGV[10 + 2 * i]
end
local puts, gone, looked_at, people = {}, {}, {}, {}

local function look_at(name, text)
    local lines, has_changed = lines_of(text, told[name])
    if has_changed and #lines > 0 then
        puts[#puts + 1] = name
        puts[#puts + 1] = table.concat(lines, '\n')
    elseif has_changed then
        gone[#gone + 1] = name
    end
    looked_at[#looked_at + 1] = name
    people[name] = lines
end

-- Somebody has died; or the list and what it is made of have lost each other.
if has_died or math.max(call('HLEN', HERE) - 1, 0) ~= meta.n then
    local all = call('HGETALL', HERE)
    for i = 1, #all, 2 do
        if all[i] ~= '' then look_at(all[i], all[i + 1]) end
    end
    for _, name in ipairs(call('HKEYS', FIELDS)) do
        if not people[name] then look_at(name) end
    end
    for _, name in ipairs(names) do
        if not people[name] then look_at(name) end
    end
else
    for i, text in ipairs(in_parts('HMGET', HERE, names)) do look_at(names[i], text) end
end
if process ~= '' and life > 0 then living[#living + 1] = process .. ' ' .. now() + life .. ',' end
if #living > 0 then
    puts[#puts + 1] = ''
    puts[#puts + 1] = table.concat(living)
else
    gone[#gone + 1] = ''
end
in_parts('HSET', HERE, puts)
in_parts('HDEL', HERE, gone)
call('EXPIRE', HERE, TTL)

local change = { kind = 'object', names = {}, texts = {}, delete = {}, push = {} }
for i, before in ipairs(in_parts('HMGET', FIELDS, looked_at)) do
    local name = looked_at[i]
    if #people[name] == 0 then
        if before then change.delete[#change.delete + 1] = name end
    else
        local text = shown(people[name])
        if not before or string.sub(before, string.find(before, ' ', 1, true) + 1) ~= text then
            change.names[#change.names + 1] = name
            change.texts[#change.texts + 1] = text
        end
    end
end
if #change.names + #change.delete > 0 then
    apply(change)
    local more = ''
    if #change.delete > 0 then more = ',"del":[' .. table.concat(change.delete, ',') .. ']' end
    publish(change, more)
    log(change, more)
end
live_on()
return { 'attended', meta.e, meta.v }
