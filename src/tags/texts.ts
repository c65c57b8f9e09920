/** Texts by number, so that a column of texts is a column of numbers like any other: equal texts have equal numbers. */
export class Texts {
  readonly #ids = new Map<string, number>();
  readonly #texts: string[] = [];

  idOf(text: string): number {
    let id = this.#ids.get(text);
    if (id === undefined) {
      id = this.#texts.push(text) - 1;
      this.#ids.set(text, id);
    }
    return id;
  }

  /** @param id a number that idOf gave */
  textOf(id: number): string {
    return this.#texts[id]!;
  }
}
