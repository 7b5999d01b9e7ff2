# What the HTTP client of Ruby writes.
require "json"
require "net/http"
require "stringio"

BASE, PATH = ARGV

def uri(way, scenario)
  URI("#{BASE}/c/ruby@#{RUBY_VERSION}~#{way}/#{scenario["name"]}#{scenario["target"]}")
end

def pairs(scenario)
  scenario["fields"].map { |field| [field["name"], field["value"]] }
end

def sent(request)
  Net::HTTP.start(request.uri.host, request.uri.port) { |http| http.request(request) }
end

def write(scenario)
  case scenario["place"]
  when "form"
    request = Net::HTTP::Post.new(uri("set_form_data", scenario))
    request.set_form_data(pairs(scenario))
    sent(request)
  when "multipart"
    request = Net::HTTP::Post.new(uri("set_form", scenario))
    parts = scenario["fields"].map do |field|
      next [field["name"], field["value"]] unless field["base64"]
      content = StringIO.new(field["base64"].unpack1("m"))
      [field["name"], content, { filename: field["filename"], content_type: field["type"] }]
    end
    request.set_form(parts, "multipart/form-data")
    sent(request)
  when "json"
    text = scenario["text"] || JSON.generate(scenario["json"])
    request = Net::HTTP::Post.new(uri("json", scenario), "Content-Type" => "application/json")
    request.body = text
    sent(request)
  when "query"
    address = uri("query", scenario)
    address.query = URI.encode_www_form(pairs(scenario))
    sent(Net::HTTP::Get.new(address))
  when "basic"
    request = Net::HTTP::Get.new(uri("basic_auth", scenario))
    request.basic_auth(scenario["user"], scenario["password"])
    sent(request)
  when "bearer"
    sent(Net::HTTP::Get.new(uri("header", scenario), "Authorization" => "Bearer #{scenario["token"]}"))
  end
end

JSON.parse(File.read(PATH, encoding: "utf-8")).each do |scenario|
  write(scenario) if scenario["core"]
rescue StandardError => error
  warn "ruby #{scenario["name"]}: #{error.inspect}"
end
