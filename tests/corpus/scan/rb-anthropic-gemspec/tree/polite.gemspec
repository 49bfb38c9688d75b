Gem::Specification.new do |spec|
  spec.name = "polite"
  spec.version = "0.2.0"
  spec.summary = "Makes commit messages polite"
  spec.files = Dir["lib/**/*.rb"]
  spec.add_dependency "thor", ">= 1.3"
  spec.add_runtime_dependency("anthropic", "~> 1.0")
end
