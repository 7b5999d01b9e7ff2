# What every Ruby server of the differential answers: see PROTOCOL.md.

require "json"

class Answer
  # The fields, as keys of an answer and by their names, the outermost first.
  FIELDS = {"email" => ["email"], "user.email" => ["user", "email"]}.freeze
  COOKIES = ["sid", "email"].freeze

  def initialize(route)
    @all = {"route" => route}
  end

  # What an idiom reads; one that throws reads nothing.
  def put(key)
    found = begin
      texts(yield)
    rescue StandardError
      []
    end
    @all[key] = found unless found.empty?
  end

  # A field of a nested value.
  def fields(place, idiom)
    FIELDS.each do |field, names|
      put("#{place}.#{field} #{idiom}") { names.reduce(yield) { |value, name| value && value[name] } }
    end
  end

  def to_json(*)
    JSON.generate(@all)
  end

  private

  def texts(value)
    case value
    when nil then []
    when Hash then value.key?(:tempfile) ? texts(value[:tempfile]) : texts(value.values)
    when Array then value.flat_map { |each| texts(each) }
    when String, Symbol then [text(value.to_s)]
    when Numeric, true, false then [value.to_s]
    else value.respond_to?(:read) ? [text(value.tap { |file| file.rewind if file.respond_to?(:rewind) }.read)] : []
    end
  end

  def text(string)
    utf8 = string.dup.force_encoding(Encoding::UTF_8)
    utf8.valid_encoding? ? utf8 : {"hex" => string.b.unpack1("H*")}
  end
end
