// How a Node benchmark reports: its result, and the microseconds that it took.

/// Calls main, which may be async, with the size that is the program's argument; prints what it gives and
/// the time that it took, of all threads' CPU and on the wall.
async function elapsed(main) {
  const size = Number(process.argv[2]);
  const cpu = process.cpuUsage();
  const wall = process.hrtime.bigint();
  const result = await main(size);
  const used = process.cpuUsage(cpu);
  const took = process.hrtime.bigint() - wall;
  console.log(`${result}\ncpu-us ${used.user + used.system}\nwall-us ${took / 1000n}`);
}

module.exports = elapsed;
