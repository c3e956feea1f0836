import ArgumentParser
import Configuration
@main struct S: ParsableCommand { func run() { print("hi") } }
