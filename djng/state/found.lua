-- What another step has answered to be foreign is taken in by what it says.
-- Arguments: its digest, the change or nothing.

local digest = ARGV[7]
local foreign, is_new = load(), not meta
if is_new then foreign = call('GET', K) end
-- Somebody else was first.
if not foreign or redis.sha1hex(foreign) ~= digest then return { 'again' } end
local change = read_change(8)
if is_new then
    -- All that there is of a collection to be: nobody can have heard of it.
    call('DEL', K)
    make()
    if change then
        apply(change)
        log(change, '')
    else
        save()
    end
else
    drop_aside()
    if change and not objection(change) then
        apply(change)
        publish(change, '')
        log(change, '')
    end
end
-- Its publisher may have published it, too.
remember('found', digest)
live_on()
return { 'again' }
