/** A tool to try: it runs here, in the page, and asks nobody. */

/** What the model is told of it. */
export const SAMPLE_TOOL = {
  type: "function",
  function: {
    name: "get_current_time",
    description: "Tells the current time in a city's time zone. 查询城市现在的时间。",
    parameters: {
      type: "object",
      required: ["timezone"],
      properties: {
        timezone: { type: "string", description: "A name of IANA, like Asia/Shanghai" },
      },
    },
  },
};

/** Run a call of the model, and return the text of its result. What is wrong with it is told too. */
export function runTool({ name, arguments: text }) {
  if (name !== SAMPLE_TOOL.function.name) return `error: there is no tool ${name}`;
  try {
    const { timezone } = JSON.parse(text);
    const options = { timeZone: timezone, dateStyle: "full", timeStyle: "long" };
    return JSON.stringify({ timezone, time: new Intl.DateTimeFormat("en", options).format() });
  } catch (error) {
    return `error: ${error.message}`;
  }
}
