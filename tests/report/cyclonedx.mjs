// Says of each file what the strict check of CycloneDX JSON says of it: one line of JSON each, null where it is good.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
const { Spec, Validation } = createRequire(process.argv[2] + '/package.json')('@cyclonedx/cyclonedx-library')

for (const file of process.argv.slice(3)) {
  const text = readFileSync(file, 'utf8')
  const version = JSON.parse(text).specVersion
  const found = await new Validation.JsonStrictValidator(version).validate(text)
  console.log(JSON.stringify({ file, version, found }))
}
