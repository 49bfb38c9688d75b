require 'json'
require 'net/http'
require 'nokogiri'

HOST = 'api.mistral.ai'

def gist(text)
  request = Net::HTTP::Post.new('/v1/chat/completions')
  request['Authorization'] = "Bearer #{ENV.fetch('KEY')}"
  request['Content-Type'] = 'application/json'
  request.body = {
    'model' => 'open-mistral-nemo',
    'messages' => [{ 'role' => 'user', 'content' => "One line: #{text}" }]
  }.to_json
  http = Net::HTTP.new(HOST, 443)
  http.use_ssl = true
  JSON.parse(http.request(request).body).dig('choices', 0, 'message', 'content')
end

Nokogiri::XML($stdin).css('item description').each { |d| puts gist(d.text) }
