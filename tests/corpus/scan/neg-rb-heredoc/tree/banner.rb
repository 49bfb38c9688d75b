require 'chroma'

=begin
require "openai"
client = OpenAI::Client.new
=end

HELP = <<~TEXT
  To get texts from a model add
    gem "ruby-openai"
  to your Gemfile and put
    require "openai"
  at the top.
TEXT

def banner(text, model: 'red')
  colour = model.paint.lighten(20)
  puts "#{colour}: #{text}"
end

def whisper(text) = banner(text.downcase, model: 'grey')

whisper(ARGV.join(' '))
puts HELP if ARGV.empty?
