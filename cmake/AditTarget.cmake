# What every target of ours is compiled with.
add_library(adit_options INTERFACE)
target_include_directories(adit_options INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
target_compile_options(adit_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -fno-plt)
if(ADIT_WERROR)
  target_compile_options(adit_options INTERFACE -Werror)
endif()
target_compile_definitions(adit_options INTERFACE _GLIBCXX_ASSERTIONS)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(adit_options INTERFACE -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  target_link_options(adit_options INTERFACE -pie -Wl,-z,relro,-z,now)
endif()

# Boost.Asio and Boost.Beast are compiled once, in adit_boost, instead of in every file that includes them.
add_library(adit_boost STATIC ${CMAKE_SOURCE_DIR}/cmake/boost.cpp)
target_link_libraries(adit_boost PUBLIC Boost::headers Threads::Threads)
target_compile_definitions(adit_boost PUBLIC
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  BOOST_ERROR_CODE_HEADER_ONLY
  BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=16)  # a handshake has that many coroutine frames; 2 are kept by default
target_compile_features(adit_boost PUBLIC cxx_std_20)
