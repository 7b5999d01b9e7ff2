# Sinatra, behind Puma.

require "sinatra/base"
require "answer"

class Application < Sinatra::Base
  set :environment, :production
  set :logging, false
  set :protection, true
  set :show_exceptions, false
  set :raise_errors, false
  set :method_override, true

  helpers do
    def answer(route)
      out = Answer.new(route)
      request.body.rewind
      body = request.body.read
      request.body.rewind
      out.put("segment") { params["name"] } if route == "user"
      out.fields("form", "request.POST") { request.POST }
      out.fields("query", "request.GET") { request.GET }
      out.fields("any", "params") { params }
      out.fields("json", "JSON.parse") { JSON.parse(body) } unless body.empty?
      Answer::COOKIES.each { |name| out.put("cookie.#{name} request.cookies") { request.cookies[name] } }
      header = request.env["HTTP_AUTHORIZATION"]
      out.put("basic Rack::Auth::Basic") do
        auth = Rack::Auth::Basic::Request.new(request.env)
        auth.credentials.first if auth.provided? && auth.basic?
      end
      out.put("bearer delete_prefix") { header.delete_prefix("Bearer ") if header.start_with?("Bearer ") }
      content_type :json
      out.to_json
    end
  end

  post("/login") { answer("login") }
  post("/login/code") { answer("code") }
  get("/account") { answer("account") }
  get("/users/:name/login") { answer("user") }
  post("/users/:name/login") { answer("user") }
  get("/admin") { answer("admin") }
  %i[get post put patch delete].each { |method| send(method, /.*/) { answer(nil) } }
end

run Application
