@robustness
Feature: Whatever a sender delivers, its fate is known beforehand
  ␀ stands for a NUL, ␍ for a carriage return, ␠ for a space at an edge. {user} is an active user of
  that record alone, {inactive} one that is not active, {unknown} one that is not registered, and {full} one whose total
  is 2^63-1 already.

  @requirement:ROB-06
  Scenario: Each kind of record meets its own fate, and costs no other record anything
    Given a file of 1000 records of the same 50 users
    And a chunk is to hold 200 records from now on
    And these records beside them:
      | what                           | record                                            | fate              |
      | plain                          | {user},1,2                                        | adds 1 and 2      |
      | in quotes                      | "{user}","1","2"                                  | adds 1 and 2      |
      | leading zeros                  | {user},007,00000000000000000000000000000008       | adds 7 and 8      |
      | nothing to add                 | {user},0,0                                        | adds 0 and 0      |
      | 2^63-1                         | {user},9223372036854775807,1                      | adds 2^63-1 and 1 |
      | 2^63                           | {user},9223372036854775808,1                      | ValidationError   |
      | a sum over 2^63-1              | {full},1,0                                        | ValidationError   |
      | a total of 2^63-1, as it was   | {full},0,0                                        | adds 0 and 0      |
      | a user that is not registered  | {unknown},1,2                                     | UserNotFoundError |
      | a user that is inactive        | {inactive},1,2                                    | UserInactiveError |
      | negative                       | {user},-1,2                                       | ValidationError   |
      | plus sign                      | {user},+1,2                                       | ValidationError   |
      | decimals                       | {user},1.0,2                                      | ValidationError   |
      | exponent                       | {user},1e3,2                                      | ValidationError   |
      | thousands separator            | {user},"1,000",2                                  | ValidationError   |
      | hexadecimal                    | {user},0x1,2                                      | ValidationError   |
      | full-width digits              | {user},１,2                                       | ValidationError   |
      | digits of another script       | {user},٣,2                                        | ValidationError   |
      | no count                       | {user},,2                                         | ValidationError   |
      | leading space                  | {user}, 1,2                                       | ValidationError   |
      | trailing space                 | {user},1,2␠                                       | ValidationError   |
      | leading space before the user  | ␠{user},1,2                                       | ValidationError   |
      | full-width user                | Ｕ９９９９９９９９９,1,2                          | ValidationError   |
      | lower-case user                | u99999,1,2                                        | ValidationError   |
      | too short a user               | U9999,1,2                                         | ValidationError   |
      | too long a user                | U9999999999,1,2                                   | ValidationError   |
      | no user                        | ,1,2                                              | ValidationError   |
      | a column missing               | {user},1                                          | ValidationError   |
      | a column too many              | {user},1,2,3                                      | ValidationError   |
      | another separator              | {user};1;2                                        | ValidationError   |
      | spaces alone                   | ␠␠                                                | ValidationError   |
      | the header once more           | ユーザーID,ログイン回数,投稿回数                  | ValidationError   |
      | NUL in the user                | {user}␀,1,2                                       | ValidationError   |
      | NUL in a count                 | {user},1␀,2                                       | ValidationError   |
      | line break in quotes           | "{user}                                           | ValidationError   |
      | the line after it              | ",1,2                                             | ValidationError   |
      | CRLF in quotes                 | {user},"1␍                                        | ValidationError   |
      | the line after it              | ",2                                               | ValidationError   |
      | an open quote before the user  | "{user},1,2                                       | ValidationError   |
      | an open quote before the posts | {user},1,"2                                       | ValidationError   |
      | CR of its own                  | {user},1,2␍␍                                      | ValidationError   |
      | CR of its own, after quotes    | "{user}","1","2"␍␍                                | ValidationError   |
      | quote within a field           | {user},1"1,2                                      | ValidationError   |
      | text after a closing quote     | "{user}"x,1,2                                     | ValidationError   |
      | SQL as the user                | '; DROP TABLE users; --,1,2                       | ValidationError   |
      | SQL behind the user            | {user}'; DELETE FROM user_statistics; --,1,2      | ValidationError   |
      | SQL as the logins              | {user},1); DROP TABLE chunk_plan; --,2            | ValidationError   |
      | SQL as the posts               | {user},1,(SELECT 1)                               | ValidationError   |
      | a parameter of SQL             | %(user)s,$1,%s                                    | ValidationError   |
      | COPY's end of data             | \\.,1,2                                           | ValidationError   |
      | COPY's null                    | \\N,\\N,\\N                                       | ValidationError   |
      | spreadsheet formula as user    | "=HYPERLINK(""https://example.com"",""here"")",1,2 | ValidationError  |
      | spreadsheet formula as logins  | {user},=1+1,2                                     | ValidationError   |
      | spreadsheet formula as posts   | {user},1,@SUM(A1:A9)                              | ValidationError   |
    When the file is delivered
    Then its status is "SUCCEEDED"
    And every bad record is rejected for its own reason
    And each record of the file has one fate, on which all stores agree
    And the batch job counts what the records add up to
    And nobody else's statistics have changed
    And the rejected records are kept as they stood in the file

  @requirement:ROB-06
  Scenario: Bad records of three-byte characters cost no good record, wherever a reader cuts them
    Given a file of 1000 records
    And 3 MB of bad records whose characters take three bytes each
    When the file is delivered
    Then its status is "SUCCEEDED"
    And every bad record is rejected for its own reason
    And each record of the file has one fate, on which all stores agree
    And the rejected records are kept as they stood in the file

  @requirement:ROB-05
  Scenario Outline: All of a lawful file is applied
    Given a file of 10 records
    And all in all it "<what>"
    When the file is delivered
    Then its status is "SUCCEEDED"
    And each record of the file has one fate, on which all stores agree
    And nothing is rejected

    Examples:
      | what                           |
      | begins with a byte order mark  |
      | ends its lines with CRLF       |
      | mixes LF and CRLF              |
      | ends in blank lines            |
      | has empty rows as spreadsheets leave them |
      | has no line break at its end   |
      | has its header in quotes       |
      | has a record of exactly 64 KiB |

  @requirement:ROB-05
  Scenario: A single record is a file
    Given a file of 1 records
    When the file is delivered
    Then its status is "SUCCEEDED"
    And each record of the file has one fate, on which all stores agree

  @requirement:ROB-05
  Scenario: A file without a record succeeds, and adds nothing
    Given a file of 10 records
    And all in all it "is a header alone"
    When the file is delivered
    Then its status is "SUCCEEDED"
    And no statistics change

  @requirement:ROB-05
  Scenario: One user ten thousand times
    Given a file of 10000 records of the same 1 users
    And a chunk is to hold 2500 records from now on
    When the file is delivered
    Then its status is "SUCCEEDED"
    And each record of the file has one fate, on which all stores agree

  @requirement:ROB-07
  Scenario Outline: A file that breaks a rule for all of it changes nothing
    Given a file of 10 records
    And all in all it "<what>"
    When the file is delivered
    Then the execution fails with "ValidationError", saying "<saying>"
    And the database holds nothing of it
    And no statistics change

    Examples:
      | what                          | saying                                |
      | is empty                      | the header is ''                      |
      | has no header                 | the header is 'U                      |
      | has a header of other names   | the header is 'user,logins,posts'     |
      | has its columns in another order | the header is 'ログイン回数,      |
      | lacks a column                | the header is 'ユーザーID,ログイン回数' |
      | has a column more             | the header is 'ユーザーID,ログイン回数,投稿回数,備考' |
      | has a NUL in its header       | the header is                         |
      | has its header in NFD         | column 1 has U+30B5 (KATAKANA LETTER SA) U+3099 (COMBINING KATAKANA-HIRAGANA VOICED SOUND MARK) where U+30B6 (KATAKANA LETTER ZA) is wanted |
      | has full-width letters in its header | column 1 has U+FF29 (FULLWIDTH LATIN CAPITAL LETTER I) where U+0049 (LATIN CAPITAL LETTER I) is wanted |
      | has a hyphen for a ー in its header | column 1 has U+002D (HYPHEN-MINUS) where U+30FC (KATAKANA-HIRAGANA PROLONGED SOUND MARK) is wanted |
      | has a zero-width space in its header | column 1 has U+200B (ZERO WIDTH SPACE) where its end is wanted |
      | has a no-break space in its header | column 2 has U+00A0 (NO-BREAK SPACE) where U+30ED (KATAKANA LETTER RO) is wanted |
      | begins with two byte order marks | column 1 has U+FEFF (ZERO WIDTH NO-BREAK SPACE) where U+30E6 (KATAKANA LETTER YU) is wanted |
      | ends its lines with CR        | the file ends its lines with CR, from line 1 on |
      | ends its lines with CR, and is longer than 64 KiB | the file ends its lines with CR, from line 1 on |
      | is in Shift_JIS               | byte 0 of the file is not UTF-8       |
      | is in UTF-16                  | byte 0 of the file is not UTF-8       |
      | has a byte that is not UTF-8 beyond its first MiB | byte 1100000 of the file is not UTF-8 |
      | ends within a character       | of the file is not UTF-8              |
      | ends within quotes            | opens a quote that the file never closes |
      | has a record over 64 KiB      | is longer than 65536 bytes            |

  @requirement:ROB-05
  Scenario Outline: A name is no more than a name
    Given a file of 10 records
    And it is named "<name>"
    When the file is delivered
    Then its status is "SUCCEEDED"
    And each record of the file has one fate, on which all stores agree

    Examples:
      | name                        |
      | with two  spaces.csv        |
      | 利用状況 ８月.csv           |
      | 100%.csv                    |
      | %E3%83%A6%2F%00.csv         |
      | a+b&c=d?e#f.csv             |
      | ../over.csv                 |
      | folder/in/folder.csv        |
      | '; DROP TABLE users; --.csv |
      | .csv                        |

  @requirement:ROB-07
  Scenario: What the rule filters out starts nothing
    Given a file of 10 records
    When its bytes are put under these keys:
      | key                         |
      | users.csv                   |
      | incoming.csv                |
      | results/users.csv           |
      | Incoming/users.csv          |
      | old/incoming/users.csv      |
      | ../incoming/users.csv       |
      | incoming/users.txt          |
      | incoming/users.csv.gz       |
      | incoming/users.CSV          |
      | incoming/users              |
    And one byte over 100 MB is put under "incoming/too-large.csv"
    And the file is delivered
    Then its status is "SUCCEEDED"
    And the file alone has started an execution

  @requirement:ROB-07
  Scenario: What the rule filters out is refused if somebody starts it by hand
    Given a file of 10 records
    When its bytes are put under "incoming/users.txt" and started by hand
    Then the execution fails with "ValidationError", saying "is not incoming/*.csv"
    And no statistics change

  @requirement:ROB-05
  Scenario: 100 MB are not too much
    Given a file of exactly 100 MB, its records padded with zeros
    And a chunk is to hold 600 records from now on
    When the file is delivered
    Then its status is "SUCCEEDED"
    And each record of the file has one fate, on which all stores agree
