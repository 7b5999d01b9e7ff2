# Rails with Devise, behind Puma: its whole stack, and Devise's own strategy for a login by password.

require "rails"
require "action_controller/railtie"
require "active_model"
require "devise"
require "answer"

class Application < Rails::Application
  config.load_defaults "#{Rails::VERSION::MAJOR}.#{Rails::VERSION::MINOR}"
  config.eager_load = false
  config.consider_all_requests_local = false
  config.secret_key_base = "x" * 64
  config.hosts.clear if config.respond_to?(:hosts)
  config.logger = Logger.new(IO::NULL)
  config.log_level = :fatal
end

Devise.setup do |config|
  config.secret_key = "x" * 64
  config.http_authenticatable = true
  config.case_insensitive_keys = [:email]
  config.strip_whitespace_keys = [:email]
end

# A model without a database: what it would be searched by is what matters.
class User
  include ActiveModel::Validations
  extend ActiveModel::Callbacks
  extend Devise::Models
  define_model_callbacks :validation, :update, :save, :create
  attr_accessor :email, :encrypted_password, :password
  devise :database_authenticatable

  def self.to_adapter = nil

  def self.searched(conditions) = devise_parameter_filter.filter(conditions.dup)
end

# A login whose form holds no password is none that Devise looks at; the passwords are not what is compared here.
class Login < Devise::Strategies::DatabaseAuthenticatable
  def by_params
    env["devise.allow_params_authentication"] = true
    User.searched(authentication_hash)[:email] if valid_for_params_auth?
  end

  def by_http
    User.searched(authentication_hash)[:email] if valid_for_http_auth?
  end
end

Rails.application.initialize!

class SessionsController < ActionController::Base
  skip_forgery_protection

  def answer
    out = Answer.new(request.path_parameters[:route])
    out.put("segment") { params[:name] } if request.path_parameters[:route] == "user"
    kind = request.media_type.to_s
    given = request.request_parameters
    out.fields(kind.include?("json") ? "json" : "form", "request.request_parameters") { given }
    out.fields("query", "request.query_parameters") { request.query_parameters }
    out.fields("any", "params") { params.to_unsafe_h }
    out.put("any.email params.permit") { params.permit(:email)[:email] }
    out.put("any.user.email params.require.permit") { params.require(:user).permit(:email)[:email] }
    out.fields("json", "JSON.parse") { JSON.parse(request.raw_post) } unless request.raw_post.empty?
    Answer::COOKIES.each { |name| out.put("cookie.#{name} cookies") { cookies[name] } }
    out.put("basic authenticate_with_http_basic") { authenticate_with_http_basic { |user, _| user } }
    out.put("bearer authenticate_with_http_token") { authenticate_with_http_token { |token, _| token } }
    header = request.authorization
    out.put("bearer split.last") { header.split(" ").last if header.match?(/\ABearer/i) }
    env = request.env
    # Of what is no text Devise makes one that is no account: `{"x"=>"a"}`.
    out.put("any.user.email Devise") { Login.new(env, :user).by_params if params[:user][:email].is_a?(String) }
    out.put("basic Devise") { Login.new(env, :user).by_http }
    render json: out.to_json
  end
end

Rails.application.routes.draw do
  devise_for :users, skip: :all
  # Rails serves /login.json and /login.anything as /login unless told otherwise; docs/concepts/paths.md says that a pattern must say so then.
  # Here it is the reading of paths that is compared.
  post "/login", to: "sessions#answer", defaults: {route: "login"}, format: false
  post "/login/code", to: "sessions#answer", defaults: {route: "code"}, format: false
  get "/account", to: "sessions#answer", defaults: {route: "account"}, format: false
  match "/users/:name/login", to: "sessions#answer", via: %i[get post], defaults: {route: "user"}, constraints: {name: %r{[^/]+}}, format: false
  get "/admin", to: "sessions#answer", defaults: {route: "admin"}, format: false
  match "*rest", to: "sessions#answer", via: :all, format: false
  root to: "sessions#answer", via: :all
end

run Rails.application
