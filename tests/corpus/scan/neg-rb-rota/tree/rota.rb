require 'icalendar'

Singer = Struct.new(:name, :voice, :model)
SINGERS = [
  Singer.new('Claude', :bass, 'opus'),
  Singer.new('Gemini Bard', :alto, 'flash'),
  Singer.new('Sora', :soprano, 'pro')
].freeze
SONGS = { mistral: 4, llama: 3, 'the falcon': 5, 'o1' => 1 }.freeze

calendar = Icalendar::Calendar.new
SONGS.each_with_index do |(song, minutes), day|
  calendar.event do |e|
    e.dtstart = Icalendar::Values::Date.new("202612#{format('%02d', day + 1)}")
    e.summary = "#{song} (#{minutes} min): #{SINGERS[day % 3].name}"
  end
end
puts calendar.to_ical
