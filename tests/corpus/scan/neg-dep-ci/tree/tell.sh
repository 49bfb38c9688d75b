#!/bin/sh
printf 'building %s\n' "$1"
