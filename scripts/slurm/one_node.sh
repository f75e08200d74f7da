#!/usr/bin/env bash
# Runs a command beside a Slurm of one node, this machine, for trying jobs out: one_node.sh COMMAND...
# Needs root and Debian's packages slurmctld, slurmd, slurm-client and munge; everything lies in a temporary folder.
set -euo pipefail
for program in slurmctld slurmd munged; do
  type -P "$program" > /dev/null || PATH=$PATH:/usr/sbin type -P "$program" > /dev/null ||
    { echo "skipped: no $program (packages slurmctld, slurmd, slurm-client, munge)"; exit 77; }
done
export PATH=$PATH:/usr/sbin
folder=$(mktemp -d)
chmod 755 "$folder"
mkdir "$folder/munge" "$folder/state" "$folder/spool"
dd if=/dev/urandom of="$folder/munge/key" bs=1024 count=1 status=none
chown -R munge "$folder/munge"
chmod 400 "$folder/munge/key"
chmod 755 "$folder/munge"
host=$(hostname -s)
cat > "$folder/slurm.conf" <<END
ClusterName=mdsearch
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthInfo=socket=$folder/munge/socket,cred_expire=5
SlurmctldPort=26817
SlurmdPort=26818
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/controller.pid
SlurmdPidFile=$folder/node.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES State=UP
END
echo "CgroupPlugin=cgroup/v1" > "$folder/cgroup.conf"
runuser -u munge -- munged --foreground --key-file="$folder/munge/key" --socket="$folder/munge/socket" \
  --pid-file="$folder/munge/pid" --log-file="$folder/munge/log" --seed-file="$folder/munge/seed" &
until [[ -S $folder/munge/socket ]]; do sleep 0.1; done
export SLURM_CONF=$folder/slurm.conf
slurmctld -D -i > "$folder/controller.log" 2>&1 &
controller=$!
slurmd -D > "$folder/node.log" 2>&1 &
node=$!
stop() {
  kill "$node" "$controller" "$(cat "$folder/munge/pid")" 2> /dev/null || true
  wait "$node" "$controller" || true
  rm -rf "$folder"
}
trap stop EXIT
for _ in $(seq 200); do
  [[ $(sinfo -h -o %T 2> /dev/null) != idle ]] || break
  sleep 0.1
done
[[ $(sinfo -h -o %T) == idle ]] || { cat "$folder/controller.log" "$folder/node.log"; exit 1; }
"$@"
