// Floating-point arithmetic: the planets of the n-body problem, n steps.
#include <array>
#include <cmath>

#include "../elapsed.h"

static const double kPi = 3.141592653589793, kSolarMass = 4.0 * (kPi * kPi), kDays = 365.24;

struct Body {
  double x, y, z, vx, vy, vz, mass;
};
using Bodies = std::array<Body, 5>;

static Bodies make_bodies() {
  Bodies bodies = {{
      {0, 0, 0, 0, 0, 0, 1.0},
      {4.84143144246472090, -1.16032004402742839, -0.103622044471123109, 0.00166007664274403694,
       0.00769901118419740425, -0.0000690460016972063023, 0.000954791938424326609},
      {8.34336671824457987, 4.12479856412430479, -0.403523417114321381, -0.00276742510726411899,
       0.00499852801234917238, 0.0000230417297573763929, 0.000285885980666130812},
      {12.8943695621391310, -15.1111514016986312, -0.223307578892655734, 0.00296460137564761618,
       0.00237847173959480950, -0.0000296589568540237556, 0.0000436624404335156298},
      {15.3796971148509165, -25.9193146099879641, 0.179258772950371181, 0.00268067772490389322,
       0.00162824170038242295, -0.0000951592254519715870, 0.0000515138902046611451},
  }};
  double px = 0, py = 0, pz = 0;
  for (Body& b : bodies) {
    b.vx *= kDays, b.vy *= kDays, b.vz *= kDays, b.mass *= kSolarMass;
    px += b.vx * b.mass, py += b.vy * b.mass, pz += b.vz * b.mass;
  }
  bodies[0].vx = -px / kSolarMass, bodies[0].vy = -py / kSolarMass, bodies[0].vz = -pz / kSolarMass;
  return bodies;
}

static void attract(Body& a, Body& b, double dt) {
  double dx = a.x - b.x, dy = a.y - b.y, dz = a.z - b.z;
  double squared = dx * dx + dy * dy + dz * dz;
  double magnitude = dt / (squared * std::sqrt(squared));
  double by_b = b.mass * magnitude, by_a = a.mass * magnitude;
  a.vx -= dx * by_b, a.vy -= dy * by_b, a.vz -= dz * by_b;
  b.vx += dx * by_a, b.vy += dy * by_a, b.vz += dz * by_a;
}

static void advance(Bodies& bodies, double dt) {
  for (size_t i = 0; i < bodies.size(); i++)
    for (size_t j = i + 1; j < bodies.size(); j++) attract(bodies[i], bodies[j], dt);
  for (Body& b : bodies) b.x += dt * b.vx, b.y += dt * b.vy, b.z += dt * b.vz;
}

static double potential(const Bodies& bodies, size_t i, size_t j) {
  if (j == bodies.size()) return 0;
  const Body &a = bodies[i], &b = bodies[j];
  double dx = a.x - b.x, dy = a.y - b.y, dz = a.z - b.z;
  return a.mass * b.mass / std::sqrt(dx * dx + dy * dy + dz * dz) + potential(bodies, i, j + 1);
}

static double energy(const Bodies& bodies, size_t i) {
  if (i == bodies.size()) return 0;
  const Body& b = bodies[i];
  double kinetic = 0.5 * b.mass * (b.vx * b.vx + b.vy * b.vy + b.vz * b.vz);
  return kinetic - potential(bodies, i, i + 1) + energy(bodies, i + 1);
}

int main(int, char** argv) {
  return elapsed(argv, [](long n) {
    Bodies bodies = make_bodies();
    for (; n > 0; n--) advance(bodies, 0.01);
    return static_cast<long>(1e9 * energy(bodies, 0));
  });
}
