// Author: Claude Lefèvre. Generated with stringer, reviewed by the copilot of the day.
package boats

var names = []string{"Falcon", "Mistral", "Orca"}
