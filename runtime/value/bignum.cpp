// Bignums by GMP. Operands are read where they lie in the heap; the result is made by GMP in memory of
// its own and then copied into the heap, so that no operand moves meanwhile.
#include "runtime/value/bignum.h"

#include <gmp.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/gc/heap.h"
#include "runtime/value/error.h"

static_assert(sizeof(mp_limb_t) == sizeof(Value));

namespace {

/// An integer value as GMP sees it, read only.
struct Operand {
  explicit Operand(Value v) {
    if (valk_is_fix(v)) {
      Fix i = VALK_INT(v);
      limb = i < 0 ? -static_cast<mp_limb_t>(i) : static_cast<mp_limb_t>(i);
      mpz_roinit_n(z, &limb, i < 0 ? -1 : i > 0);
    } else {
      Value* p = valk_object(v);
      mp_size_t count = static_cast<mp_size_t>(p[1] >> 2);
      mpz_roinit_n(z, reinterpret_cast<const mp_limb_t*>(p + 2), (p[1] & 2) ? -count : count);
    }
  }
  mp_limb_t limb = 0;
  mpz_t z;
};

struct Result {
  Result() { mpz_init(z); }
  ~Result() { mpz_clear(z); }
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
  mpz_t z;
};

}  // namespace

// ---- of big integers that are there already ----------------------------------------------------

/// GMP truncates; this rounds to nearest, ties to even, as every other conversion does.
static double to_double(Value big) {
  Operand x(big);
  size_t bits = mpz_sizeinbase(x.z, 2);
  if (bits <= 53) return mpz_get_d(x.z);
  if (bits > 1025) return mpz_sgn(x.z) < 0 ? -__builtin_inf() : __builtin_inf();
  // The top 64 bits, with the lowest of them set if anything nonzero was cut off.
  size_t cut = bits > 64 ? bits - 64 : 0;
  Result top;
  mpz_tdiv_q_2exp(top.z, x.z, cut);
  uint64_t mantissa = mpz_get_ui(top.z);
  if (mpz_scan1(x.z, 0) < cut) mantissa |= 1;
  double d = __builtin_ldexp(static_cast<double>(mantissa), static_cast<int>(cut));
  return mpz_sgn(x.z) < 0 ? -d : d;
}

static int compare(Value a, Value b) {
  Operand x(a), y(b);
  return mpz_cmp(x.z, y.z);
}

static int compare_double(Value a, double d) {
  Operand x(a);
  return mpz_cmp_d(x.z, d);
}

static void print(ValkText* text, Value big) {
  Operand x(big);
  char* to = text->reserve(mpz_sizeinbase(x.z, 10) + 2);
  if (!to) return;
  mpz_get_str(to, 10, x.z);
  text->grow(strlen(to));
}

static const ValkBigOperations operations = {to_double, compare, compare_double, print};

bool valk_big_begin() {
  valk_big = &operations;
  return true;
}

// ---- making ---------------------------------------------------------------------------------------

static bool fits_fixnum(const mpz_t z, Fix* out) {
  if (!mpz_fits_slong_p(z)) return false;
  *out = mpz_get_si(z);
  return *out >= VALK_FIX_MIN && *out <= VALK_FIX_MAX;
}

static Value to_value(Vm* vm, Value* sp, const mpz_t z) {
  Fix i;
  if (fits_fixnum(z, &i)) return VALK_FIX(i);
  size_t count = mpz_size(z);
  Value* p = valk_alloc_sized(vm, sp, 2 + count);
  if (!p) return VALK_ERR;
  valk_big_begin();
  p[0] = VALK_HEADER(VALK_KIND_BIGNUM, 0);
  p[1] = count << 2 | (mpz_sgn(z) < 0 ? 2 : 0);
  memcpy(p + 2, mpz_limbs_read(z), count * sizeof(Value));
  return valk_tag_object(p);
}

/// True if a result of so many bits may be made: GMP itself would end the process.
static bool is_affordable(Vm* vm, double bits) {
  return bits / 8 <= static_cast<double>(valk_heap_max_bytes(vm)) / 8 && bits < 1e11;
}

template <void (*operation)(mpz_ptr, mpz_srcptr, mpz_srcptr)>
static Value binary(Vm* vm, Value* sp, Value a, Value b) {
  Operand x(a), y(b);
  Result r;
  operation(r.z, x.z, y.z);
  return to_value(vm, sp, r.z);
}

Value valk_big_add(Vm* vm, Value* sp, Value a, Value b) { return binary<mpz_add>(vm, sp, a, b); }
Value valk_big_sub(Vm* vm, Value* sp, Value a, Value b) { return binary<mpz_sub>(vm, sp, a, b); }
Value valk_big_and(Vm* vm, Value* sp, Value a, Value b) { return binary<mpz_and>(vm, sp, a, b); }
Value valk_big_or(Vm* vm, Value* sp, Value a, Value b) { return binary<mpz_ior>(vm, sp, a, b); }
Value valk_big_xor(Vm* vm, Value* sp, Value a, Value b) { return binary<mpz_xor>(vm, sp, a, b); }
Value valk_big_quotient(Vm* vm, Value* sp, Value a, Value b) {
  return binary<mpz_tdiv_q>(vm, sp, a, b);
}
Value valk_big_remainder(Vm* vm, Value* sp, Value a, Value b) {
  return binary<mpz_tdiv_r>(vm, sp, a, b);
}

static double bit_count(Value v) {
  Operand x(v);
  return static_cast<double>(mpz_sizeinbase(x.z, 2));
}

Value valk_big_mul(Vm* vm, Value* sp, Value a, Value b) {
  if (!is_affordable(vm, bit_count(a) + bit_count(b))) return valk_fail_memory(vm);
  return binary<mpz_mul>(vm, sp, a, b);
}

Value valk_big_power(Vm* vm, Value* sp, Value base, Value exponent) {
  const bool is_small = base == VALK_FIX(0) || base == VALK_FIX(1) || base == VALK_FIX(-1);
  Operand x(base), y(exponent);
  const double places = mpz_get_d(y.z);
  if (!is_small && !is_affordable(vm, bit_count(base) * places)) return valk_fail_memory(vm);
  // Powers of 0, 1 and -1 are known by whether the exponent is 0, odd or even.
  const bool is_even = mpz_even_p(y.z);
  const unsigned long n = !is_small ? mpz_get_ui(y.z) : places == 0 ? 0 : is_even ? 2 : 1;
  Result r;
  mpz_pow_ui(r.z, x.z, n);
  return to_value(vm, sp, r.z);
}

Value valk_big_shift(Vm* vm, Value* sp, Value a, int64_t n) {
  if (a == VALK_FIX(0)) return a;
  if (n > 0 && !is_affordable(vm, bit_count(a) + static_cast<double>(n)))
    return valk_fail_memory(vm);
  Operand x(a);
  Result r;
  if (n >= 0) {
    mpz_mul_2exp(r.z, x.z, static_cast<mp_bitcnt_t>(n));
  } else {
    mpz_fdiv_q_2exp(r.z, x.z, -static_cast<mp_bitcnt_t>(n));
  }
  return to_value(vm, sp, r.z);
}

Value valk_big_from_double(Vm* vm, Value* sp, double d) {
  Result r;
  mpz_set_d(r.z, d);
  return to_value(vm, sp, r.z);
}

Value valk_big_from_int64(Vm* vm, Value* sp, int64_t i) {
  Result r;
  mpz_set_si(r.z, i);
  return to_value(vm, sp, r.z);
}

Value valk_big_from_digits(Vm* vm, Value* sp, const char* digits, int base, bool negative) {
  Result r;
  mpz_set_str(r.z, digits, base);
  if (negative) mpz_neg(r.z, r.z);
  return to_value(vm, sp, r.z);
}
