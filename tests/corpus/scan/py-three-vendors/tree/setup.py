from setuptools import find_packages, setup

setup(
    name="second-opinion",
    version="0.1",
    packages=find_packages(),
    install_requires=[
        "mistralai>=1.0",
        "groq~=0.11",
        "cohere==5.11.0",
    ],
)
