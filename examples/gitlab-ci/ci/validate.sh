#!/bin/sh
# Is the policy sound? Needs neither key nor network.
set -eu
rolecall validate
