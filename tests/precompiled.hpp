// The heavy headers that most tests need, compiled once a test program.
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <doctest/doctest.h>
#include <boost/asio/ip/address.hpp>
#include <boost/system/result.hpp>
