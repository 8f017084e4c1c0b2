-- What may happen to a collection, one function for each step.

local NOTHING = { kind = 'object', names = {}, texts = {}, delete = {}, push = {} }
local steps = {}

-- What is under K has to be read before anything else: as all there is of a collection, or as a change to it.
local function unread()
    local foreign = load()
    if foreign then return { 'foreign', foreign } end
    if not meta then
        local text = call('GET', K)
        if text then return { 'foreign', text } end
    end
end

-- s or nothing, whether it is a seed, whether to create, end of the frame, change
function steps.submit()
    local s = tonumber(ARGV[7])
    local before = unread()
    if not meta and ARGV[9] == '' then return { 'gone' } end
    if before then return before end
    if not meta then make() end
    if s then
        local known = call('GET', CLIENT)
        if known then
            local last, e, v = string.match(known, '(%d+) (%d+) (%d+)')
            if tonumber(last) >= s and tonumber(e) >= meta.b then return { 'acknowledged', tonumber(e), tonumber(v) } end
        end
    end
    if ARGV[8] ~= '' and meta.v > 0 then return { 'not taken', meta.t } end
    local change = read_change(11)
    local refused = objection(change)
    if refused then return { 'refused', refused } end
    apply(change)
    live_on()
    if s then call('SET', CLIENT, ARGV[7] .. ' ' .. meta.e .. ' ' .. meta.v, 'EX', CLIENT_MEMORY) end
    publish(change, ARGV[10])
    return { 'applied', meta.e, meta.v }
end

local function mark(mark_text, marks)
    if marks ~= '' then call('PUBLISH', marks, mark_text) end
end

-- text, digest, mark, marks, expire, how to publish: '' as it came, ',' or ' ' what goes before the collection's word; change
function steps.relay()
    local text, joint = ARGV[7], ARGV[12]
    local foreign = load()
    if foreign then return { 'foreign', foreign } end
    if not meta then
        if tonumber(ARGV[11]) > 0 then call('SET', K, text, 'EX', ARGV[11]) end
        mark(ARGV[9], ARGV[10])
        call('PUBLISH', K, text)
        return { 'relayed' }
    end
    local change = ARGV[13] ~= '' and read_change(13) or nil
    if change and not objection(change) then
        apply(change)
        live_on()
        mark(ARGV[9], ARGV[10])
        if joint ~= '' and change.kind == 'object' then
            call('PUBLISH', K, sub(text, 1, -2) .. (joint == ',' and ',' or '') .. about(''))
            return { 'applied', meta.e, meta.v }
        end
    else
        change = nil
        mark(ARGV[9], ARGV[10])
    end
    meta.t = meta.t + 1
    call('HSET', META, 't', meta.t)
    call('PUBLISH', K, text)
    publish_taken(change or NOTHING, ARGV[8])
    return change and { 'applied', meta.e, meta.v } or { 'relayed' }
end

-- digest, t, change
function steps.take()
    local digest = ARGV[7]
    local t = call('HGET', META, 't')
    if t and t ~= ARGV[8] then return { 'not taken', tonumber(t) } end
    local foreign, seen = load(digest)
    if foreign then return { 'foreign', foreign } end
    if not meta then return { 'gone' } end
    meta.t = meta.t + 1
    local change = ARGV[9] ~= '' and read_change(9) or nil
    local is_found = recall('found', digest)
    if not seen and not is_found then remember('heard', digest) end
    if change and not is_found and not objection(change) then
        apply(change)
        live_on()
        publish_taken(change, digest)
        return { 'applied', meta.e, meta.v }
    end
    call('HSET', META, 't', meta.t)
    publish_taken(NOTHING, digest)
    return { 'counted', meta.e, meta.v }
end

-- What another step has told to be foreign is taken in by what it says. digest, change
function steps.found()
    local digest = ARGV[7]
    local change = ARGV[8] ~= '' and read_change(8) or nil
    local foreign = load()
    if not meta then
        foreign = call('GET', K)
        if not foreign or redis.sha1hex(foreign) ~= digest then return { 'again' } end
        make()
        call('DEL', K)
        if change then apply(change) else save() end
        remember('found', digest)
        live_on()
        return { 'again' }
    end
    if not foreign or redis.sha1hex(foreign) ~= digest then return { 'again' } end
    drop_aside()
    remember('found', digest)
    if change and not objection(change) then
        apply(change)
        live_on()
        publish(change, '')
    end
    return { 'again' }
end

local function listen()
    call('HSET', META, 'until', now() + LISTENING * 1000)
end

-- marks or nothing, token, whether to create
function steps.snapshot()
    local create = ARGV[9] ~= ''
    local before = unread()
    if before and (meta or create) then return before end
    if create then
        if not meta then
            make()
            save()
        end
        listen()
        live_on()
    end
    local text = call('GET', K)
    if ARGV[7] == '' then
        if not meta then return { 'kept', 0, 0, '', 0, 0, text } end
        return { 'kept', meta.e, meta.v, meta.kind, meta.n, meta.t, text }
    end
    local head = '0 0 - 0 0'
    if meta then
        local kind = meta.kind == '' and '-' or meta.kind
        head = meta.e .. ' ' .. meta.v .. ' ' .. kind .. ' ' .. meta.n .. ' ' .. meta.t
    end
    call('PUBLISH', ARGV[7], ARGV[8] .. head .. (text and '=' .. text or ''))
    return { 'told' }
end

function steps.renew()
    local foreign = load()
    if foreign then return { 'foreign', foreign } end
    if not meta then return { 'gone' } end
    listen()
    live_on()
    return { 'renewed', meta.e, meta.v, meta.t, meta.aside_at and 1 or 0 }
end

return steps[OPERATION]()
