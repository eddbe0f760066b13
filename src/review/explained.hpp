// The whole answer to a question, ready to be printed: by `adit explain`, and by the running
// gateway for those who ask it.
#pragma once

#include <string>

#include "src/review/question.hpp"

namespace adit::review {

struct Explained {
    policy::Conclusion conclusion = policy::Conclusion::denied;
    std::string text;  // lines, each with its line feed
    std::string json;  // one object on one line, without a line feed
};

Explained explained(const Question& question, const policy::Configuration& configuration,
                    const policy::Surroundings& around);

}  // namespace adit::review
