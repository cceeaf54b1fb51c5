-- A thousand clients behind a trusted proxy: the rate limit leaves one address 100 requests a second of /health. Their
-- addresses are of the network for measurements (RFC 2544, C.2.2). The requests are made once, as wrk shares the machine
-- with what it measures.
local requests, next = {}, 0
function init()
    for client = 0, 999 do
        local address = string.format("198.18.%d.%d", math.floor(client / 250), client % 250)
        requests[client] = wrk.format("GET", nil, { ["X-Forwarded-For"] = address })
    end
end
function request()
    next = (next + 1) % 1000
    return requests[next]
end
