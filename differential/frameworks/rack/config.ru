# Rack alone, behind Puma: an application that compares PATH_INFO.

require "rack"
require "rack/auth/basic"
require "answer"

def route(request)
  case [request.request_method, request.path_info]
  when ["POST", "/login"] then "login"
  when ["POST", "/login/code"] then "code"
  when ["GET", "/account"] then "account"
  when ["GET", "/admin"] then "admin"
  else
    is_user = %w[GET POST].include?(request.request_method) && request.path_info.match?(%r{\A/users/[^/]+/login\z})
    is_user ? "user" : nil
  end
end

app = lambda do |env|
  request = Rack::Request.new(env)
  route = route(request)
  out = Answer.new(route)
  body = request.body.read
  request.body.rewind
  begin
    form, query, params = request.POST, request.GET, request.params
  rescue Rack::QueryParser::InvalidParameterError, Rack::QueryParser::ParameterTypeError, EOFError,
         Rack::Multipart::MultipartPartLimitError, ArgumentError, RangeError, Encoding::CompatibilityError
    next [400, {"content-type" => "text/plain", "content-length" => "0"}, []]
  end
  out.put("segment") { Rack::Utils.unescape_path(request.path_info.split("/")[2]) } if route == "user"
  out.fields("form", "request.POST") { form }
  out.fields("query", "request.GET") { query }
  out.fields("any", "request.params") { params }
  out.fields("json", "JSON.parse") { JSON.parse(body) } unless body.empty?
  Answer::COOKIES.each { |name| out.put("cookie.#{name} request.cookies") { request.cookies[name] } }
  out.put("basic Rack::Auth::Basic") do
    auth = Rack::Auth::Basic::Request.new(env)
    auth.username if auth.provided? && auth.basic?
  end
  header = env["HTTP_AUTHORIZATION"]
  out.put("bearer Rack::Auth::AbstractRequest") do
    auth = Rack::Auth::AbstractRequest.new(env)
    auth.params if auth.provided? && auth.scheme == "bearer"
  end
  out.put("bearer split.last") { header.split(" ").last if header.match?(/\ABearer/i) }
  out.put("bearer [/Bearer (.+)/, 1]") { header[/\ABearer (.+)\z/i, 1] }
  answer = out.to_json
  [200, {"content-type" => "application/json", "content-length" => answer.bytesize.to_s}, [answer]]
end

use Rack::MethodOverride
run app
