#!/bin/sh
# Fails where the organization is not as the policy says; the plan tells what differs, and why.
set -eu
rolecall plan --detailed-exitcode
