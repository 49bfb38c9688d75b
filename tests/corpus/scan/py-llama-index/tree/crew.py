from crewai import Agent, Crew, Task

clerk = Agent(role="clerk", goal="find what was decided", backstory="You keep the minutes.")
task = Task(description="What was decided on the fence?", expected_output="one line", agent=clerk)


def decide():
    return Crew(agents=[clerk], tasks=[task]).kickoff().raw
