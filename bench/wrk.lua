-- Requests of one kind for wrk. TARGET is "METHOD PATH TYPE": the path and the body may hold %d, which becomes the
-- number of the object, 0 to OBJECTS - 1 in turn; %v in the body becomes the number of the request.
local method, path, contentType = os.getenv("METHOD"), os.getenv("REQUEST_PATH"), os.getenv("CONTENT_TYPE")
local body = os.getenv("BODY")
local objects, requests = tonumber(os.getenv("OBJECTS")), tonumber(os.getenv("REQUESTS"))
local headers = {
  ["Authorization"] = "Bearer " .. os.getenv("TOKEN"),
  ["Accept"] = "application/json",
  ["Content-Type"] = contentType,
}
-- wrk asks once before it starts, to check the script, and does not send that one.
local sent = -1

function request()
  if sent == requests then
    -- wrk itself sleeps until its duration is over: whoever reads this ends it.
    io.stdout:write("sent all\n")
    io.stdout:flush()
    wrk.thread:stop()
  end
  local name = tostring(math.max(sent, 0) % objects)
  sent = sent + 1
  local filled = body and body:gsub("%%(%a)", { d = name, v = tostring(sent) })
  return wrk.format(method, (path:gsub("%%d", name)), headers, filled)
end
