#include "src/observe/loss_news.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using adit::observe::LossNews;

TEST_CASE("dropped records are told at once, then once a second with their number, and all of them")
{
    const LossNews::Time start{1h};
    LossNews news;
    CHECK_FALSE(news.tell(start));
    CHECK_FALSE(news.due());

    news.lost();
    const auto first = news.tell(start);
    REQUIRE(first);
    CHECK(first->ends_with("records dropped: 1"));
    CHECK_FALSE(news.due());

    for (int i = 0; i < 312; ++i)
        news.lost();
    CHECK_FALSE(news.tell(start + 999ms));
    CHECK(news.due() == start + 1s);
    const auto second = news.tell(start + 1s);
    REQUIRE(second);
    CHECK(second->ends_with("records dropped: 312"));
    CHECK_FALSE(news.tell(start + 1h));
    CHECK(news.total() == 313);
}
