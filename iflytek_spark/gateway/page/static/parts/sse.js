/** Server-sent events: the data of each, as they come. */

/** Yield the data of every event of a response. */
export async function* eventsOf(response) {
  let data = [];
  for await (const line of linesOf(response.body)) {
    if (line === "") {
      if (data.length) yield data.join("\n");
      data = [];
    } else if (line.startsWith("data:")) {
      data.push(line.slice(line[5] === " " ? 6 : 5));
    } // a comment keeps the connection alive; other fields mean nothing here
  }
}

async function* linesOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done && rest.endsWith("\r")) yield rest.slice(0, -1);
    if (done) return;
    const lines = (rest + value).split(/\r\n|\n|\r(?!$)/); // a \n may follow the last \r
    rest = lines.pop();
    yield* lines;
  }
}
