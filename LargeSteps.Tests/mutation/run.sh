#!/usr/bin/env bash
# How many changes of the code the tests notice, in Numerics, Schedules, Probes and Running, or in the rooms that are named: run.sh Schedules.
# Takes hours, for a night. The report is in mutation/reports beside this file.
set -euo pipefail
cd "$(dirname "$0")"
rooms=("$@")
if [ ${#rooms[@]} -eq 0 ]; then rooms=(Numerics Schedules Probes Running); fi
mutate=()
for room in "${rooms[@]}"; do mutate+=(-m "$room/**/*.cs"); done
dotnet tool restore
dotnet build -v q
dotnet dotnet-stryker -t mtp -p LargeSteps.Core.csproj "${mutate[@]}" -r html -r json -r cleartext -O reports
