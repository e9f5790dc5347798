-- Requests of one kind for wrk, of METHOD, REQUEST_PATH and CONTENT_TYPE: the path and the body may hold %d, which
-- becomes the number of the object, 0 to OBJECTS - 1 in turn; %v in the body becomes the number of the request.
-- Put together here: wrk.format and gsub take half as much again of the core that the servers want.
local method, path, contentType = os.getenv("METHOD"), os.getenv("REQUEST_PATH"), os.getenv("CONTENT_TYPE")
local body = os.getenv("BODY")
local objects, requests = tonumber(os.getenv("OBJECTS")), tonumber(os.getenv("REQUESTS"))
-- wrk asks once before it starts, to check the script, and does not send that one.
local sent = -1

-- The pieces of a text: fixed ones, and between two of them the letter of what stands there.
local function split(text)
  local pieces, from = {}, 1
  for at, letter, after in text:gmatch("()%%(%a)()") do
    table.insert(pieces, text:sub(from, at - 1))
    table.insert(pieces, letter)
    from = after
  end
  table.insert(pieces, text:sub(from))
  return pieces
end

local function fill(pieces, name, version)
  local text = pieces[1]
  for i = 2, #pieces, 2 do
    text = text .. (pieces[i] == "d" and name or version) .. pieces[i + 1]
  end
  return text
end

local pathPieces, bodyPieces = split(path), body and split(body)
local headers

function request()
  if sent == requests then
    -- wrk itself sleeps until its duration is over: whoever reads this ends it.
    io.stdout:write("sent all\n")
    io.stdout:flush()
    wrk.thread:stop()
  end
  headers = headers or " HTTP/1.1\r\nHost: " .. wrk.headers["Host"] .. "\r\nAuthorization: Bearer " ..
    os.getenv("TOKEN") .. "\r\nAccept: application/json\r\nContent-Type: " .. contentType .. "\r\n"
  local name = tostring(math.max(sent, 0) % objects)
  sent = sent + 1
  local head = method .. " " .. fill(pathPieces, name, "") .. headers
  if not body then
    return head .. "\r\n"
  end
  local filled = fill(bodyPieces, name, tostring(sent))
  return head .. "Content-Length: " .. #filled .. "\r\n\r\n" .. filled
end
