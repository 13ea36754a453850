Feature: The gate on the pixel data
  Pixel data are judged once the header is accepted: they have to be there, whole, decodable, and show something.

  @SRS-011 @SRS-011/AC1 @SRS-012 @SRS-013
  Scenario Outline: Each transfer syntax of the table is accepted, its pixel data being whole
    Given a complete DX radiograph
    And it is encoded in <uid>, <name>
    When the device judges it
    Then it is accepted

    Examples:
      | uid                    | name                                             |
      | 1.2.840.10008.1.2      | Implicit VR Little Endian                        |
      | 1.2.840.10008.1.2.1    | Explicit VR Little Endian                        |
      | 1.2.840.10008.1.2.5    | RLE Lossless                                     |
      | 1.2.840.10008.1.2.4.57 | JPEG Lossless (Process 14)                       |
      | 1.2.840.10008.1.2.4.70 | JPEG Lossless (Process 14, Selection Value 1)    |
      | 1.2.840.10008.1.2.4.80 | JPEG-LS Lossless                                 |
      | 1.2.840.10008.1.2.4.81 | JPEG-LS Near-Lossless                            |
      | 1.2.840.10008.1.2.4.90 | JPEG 2000 Lossless Only                          |
      | 1.2.840.10008.1.2.4.91 | JPEG 2000                                        |

  @SRS-011 @SRS-011/AC3
  Scenario: The table of transfer syntaxes holds these alone
    Then the device's table of transfer syntaxes holds exactly these:
      | uid                    | lossy |
      | 1.2.840.10008.1.2      | no    |
      | 1.2.840.10008.1.2.1    | no    |
      | 1.2.840.10008.1.2.5    | no    |
      | 1.2.840.10008.1.2.4.57 | no    |
      | 1.2.840.10008.1.2.4.70 | no    |
      | 1.2.840.10008.1.2.4.80 | no    |
      | 1.2.840.10008.1.2.4.81 | yes   |
      | 1.2.840.10008.1.2.4.90 | no    |
      | 1.2.840.10008.1.2.4.91 | yes   |

  @SRS-011 @SRS-011/AC2 @RC-014
  Scenario Outline: Another transfer syntax is refused
    Given a complete DX radiograph
    And it claims to be encoded in <uid>, <name>
    When the device judges it
    Then it is refused with the single reason TRANSFER_SYNTAX on TransferSyntaxUID of SRS-011

    Examples:
      | uid                     | name                                 |
      | 1.2.840.10008.1.2.2     | Explicit VR Big Endian               |
      | 1.2.840.10008.1.2.1.99  | Deflated Explicit VR Little Endian   |
      | 1.2.840.10008.1.2.4.50  | JPEG Baseline                        |
      | 1.2.840.10008.1.2.4.51  | JPEG Extended                        |
      | 1.2.840.10008.1.2.4.100 | MPEG2 Main Profile                   |
      | 1.2.840.10008.1.2.4.201 | High-Throughput JPEG 2000 Lossless   |

  @SRS-012 @SRS-012/AC1 @RC-002
  Scenario Outline: An image without pixel data is refused
    Given a complete DX radiograph
    And its pixel data are <state>
    When the device judges it
    Then it is refused with the single reason PIXELS_MISSING on PixelData of SRS-012

    Examples:
      | state  |
      | absent |
      | empty  |

  @SRS-012 @SRS-012/AC2 @RC-002
  Scenario Outline: Uncompressed pixel data that are too short are refused
    Given a complete DX radiograph
    And its pixel data lack the last <bytes> bytes
    When the device judges it
    Then it is refused with the single reason PIXELS_SHORT on PixelData of SRS-012
    And its reason says "<left> bytes"
    And it expects "2097152 bytes"

    Examples:
      | bytes   | left    |
      | 2       | 2097150 |
      | 2048    | 2095104 |
      | 1048576 | 1048576 |

  @SRS-012 @SRS-013 @RC-002
  Scenario: Uncompressed pixel data that hold more than the image are refused
    Given a complete DX radiograph
    And its pixel data have 2 bytes more
    When the device judges it
    Then it is refused with the single reason PIXELS_UNDECODABLE on PixelData of SRS-013
    And its reason says "2097154 bytes"

  @SRS-012
  Scenario: An odd number of bytes is padded to an even one
    Given a published image as a Secondary Capture of 65 rows and 67 columns
    When the device judges it through research intake
    Then it is accepted

  @SRS-012 @RC-002
  Scenario: A byte more than the padding is another image
    Given a published image as a Secondary Capture of 65 rows and 67 columns
    And its pixel data have 2 bytes more
    When the device judges it through research intake
    Then it is refused with the single reason PIXELS_UNDECODABLE on PixelData of SRS-013

  @SRS-012 @SRS-012/AC3 @RC-002
  Scenario Outline: Compressed pixel data that end early are refused
    Given a complete DX radiograph
    And it is encoded in <uid>, <name>
    And its compressed pixel data end halfway
    When the device judges it
    Then it is refused with the single reason PIXELS_SHORT on PixelData of SRS-012

    Examples:
      | uid                    | name                                             |
      | 1.2.840.10008.1.2.4.70 | JPEG Lossless (Process 14, Selection Value 1)    |
      | 1.2.840.10008.1.2.4.80 | JPEG-LS Lossless                                 |
      | 1.2.840.10008.1.2.4.90 | JPEG 2000 Lossless Only                          |

  @SRS-012
  Scenario Outline: A compressed frame may stand in several fragments
    Given a complete DX radiograph
    And it is encoded in <uid>, <name>
    And its frame is split into 3 fragments <table> an offset table
    When the device judges it
    Then it is accepted

    Examples:
      | uid                    | name                                             | table   |
      | 1.2.840.10008.1.2.4.70 | JPEG Lossless (Process 14, Selection Value 1)    | with    |
      | 1.2.840.10008.1.2.4.90 | JPEG 2000 Lossless Only                          | with    |
      | 1.2.840.10008.1.2.4.90 | JPEG 2000 Lossless Only                          | without |

  @SRS-012 @SRS-012/AC3 @RC-002
  Scenario Outline: Compressed pixel data that are not whole fragments are refused
    Given a complete DX radiograph
    And it is encoded in <uid>, <name>
    And <damage>
    When the device judges it
    Then it is refused with the single reason PIXELS_SHORT on PixelData of SRS-012

    Examples:
      | uid                    | name                    | damage                                                   |
      | 1.2.840.10008.1.2.4.90 | JPEG 2000 Lossless Only | its file lacks the last 100 bytes                        |
      | 1.2.840.10008.1.2.4.90 | JPEG 2000 Lossless Only | its last fragment states 100 bytes more than it has      |
      | 1.2.840.10008.1.2.4.90 | JPEG 2000 Lossless Only | its pixel data hold an offset table and no fragment      |
      | 1.2.840.10008.1.2.5    | RLE Lossless            | its pixel data hold an offset table and no fragment      |

  @SRS-012 @SRS-013 @RC-002
  Scenario: Half an image is refused where another library of the process lets truncated images pass
    Given a complete DX radiograph
    And it is encoded in 1.2.840.10008.1.2.4.91, JPEG 2000
    And its codestream lacks its second half but for the end marker
    And another library of the process lets truncated images pass
    When the device judges it
    Then it is refused with the single reason PIXELS_UNDECODABLE on PixelData of SRS-013

  @SRS-013 @SRS-013/AC1 @RC-002 @RC-014
  Scenario Outline: Compressed pixel data of another kind than stated are refused
    Given a complete DX radiograph
    And it is encoded in <uid>, <name>
    And its compressed pixel data are overwritten with noise
    When the device judges it
    Then it is refused with the single reason PIXELS_UNDECODABLE on PixelData of SRS-013

    Examples:
      | uid                    | name                                             |
      | 1.2.840.10008.1.2.5    | RLE Lossless                                     |
      | 1.2.840.10008.1.2.4.70 | JPEG Lossless (Process 14, Selection Value 1)    |
      | 1.2.840.10008.1.2.4.80 | JPEG-LS Lossless                                 |
      | 1.2.840.10008.1.2.4.90 | JPEG 2000 Lossless Only                          |

  @SRS-013 @RC-002 @RC-014
  Scenario Outline: A codestream without well-formed markers is refused before any codec sees it
    Given a complete DX radiograph
    And it is encoded in <uid>, <name>
    And its compressed pixel data are overwritten with noise
    When the device judges it
    Then it is refused with the single reason PIXELS_UNDECODABLE on PixelData of SRS-013
    And its reason says "a codestream with a malformed header"

    Examples:
      | uid                    | name                                             |
      | 1.2.840.10008.1.2.4.70 | JPEG Lossless (Process 14, Selection Value 1)    |
      | 1.2.840.10008.1.2.4.80 | JPEG-LS Lossless                                 |
      | 1.2.840.10008.1.2.4.90 | JPEG 2000 Lossless Only                          |

  @SRS-013
  Scenario Outline: A codestream may hold a long comment
    Given a complete DX radiograph
    And it is encoded in <uid>, <name>
    And its codestream holds a comment of 600 bytes
    When the device judges it
    Then it is accepted

    Examples:
      | uid                    | name                                             |
      | 1.2.840.10008.1.2.4.70 | JPEG Lossless (Process 14, Selection Value 1)    |
      | 1.2.840.10008.1.2.4.80 | JPEG-LS Lossless                                 |

  @SRS-013 @SRS-013/AC2 @RC-002 @RC-014
  Scenario Outline: The reason says what a codestream of JPEG 2000 states itself
    Given a complete DX radiograph
    And it is encoded in 1.2.840.10008.1.2.4.90, JPEG 2000 Lossless Only
    And its codestream states <what>
    When the device judges it
    Then it is refused with the single reason PIXELS_UNDECODABLE on PixelData of SRS-013
    And its reason says "<says>"

    Examples:
      | what                      | says                     |
      | an offset of 100 rows     | 924 x 1024 x 1, 16 bits  |
      | an offset of 100 columns  | 1024 x 924 x 1, 16 bits  |
      | 257 samples               | 1024 x 1024 x 257        |

  @SRS-013 @SRS-013/AC2 @RC-002 @RC-014
  Scenario Outline: Compressed pixel data of another size than stated are refused
    Given a complete DX radiograph
    And it is encoded in <uid>, <name>
    And its file states 1000 rows instead of 1024
    When the device judges it
    Then it is refused with the single reason PIXELS_UNDECODABLE on PixelData of SRS-013

    Examples:
      | uid                    | name                                             |
      | 1.2.840.10008.1.2.5    | RLE Lossless                                     |
      | 1.2.840.10008.1.2.4.70 | JPEG Lossless (Process 14, Selection Value 1)    |
      | 1.2.840.10008.1.2.4.80 | JPEG-LS Lossless                                 |
      | 1.2.840.10008.1.2.4.90 | JPEG 2000 Lossless Only                          |

  @SYS-002 @SYS-002/AC1 @SRS-012 @RC-002 @RC-014
  Scenario Outline: A file that is cut off anywhere is never analyzed
    Given a complete DX radiograph
    And it is encoded in <uid>, <name>
    And copies of its file cut off at each twentieth of its length
    When the device analyzes the folder
    Then none of the 20 files is analyzed
    And every file has a reason

    Examples:
      | uid                    | name                                             |
      | 1.2.840.10008.1.2      | Implicit VR Little Endian                        |
      | 1.2.840.10008.1.2.1    | Explicit VR Little Endian                        |
      | 1.2.840.10008.1.2.5    | RLE Lossless                                     |
      | 1.2.840.10008.1.2.4.70 | JPEG Lossless (Process 14, Selection Value 1)    |
      | 1.2.840.10008.1.2.4.80 | JPEG-LS Lossless                                 |
      | 1.2.840.10008.1.2.4.90 | JPEG 2000 Lossless Only                          |

  @SRS-014 @SRS-014/AC1 @RC-002
  Scenario: A uniform image is refused
    Given a complete DX radiograph
    And all its pixels show 0.5 of the range from black to white
    When the device judges it
    Then it is refused with the single reason BLANK_IMAGE on PixelData of SRS-014

  @SRS-014 @SRS-014/AC2 @RC-002
  Scenario Outline: An image almost without contrast is refused, one with little contrast is accepted
    Given a complete DX radiograph
    And its pixels show what lies between 0.5 and <other> of the range from black to white
    When the device judges it
    Then <verdict>

    Examples:
      | other | verdict                                                                    |
      | 0.519 | it is refused with the single reason BLANK_IMAGE on PixelData of SRS-014   |
      | 0.481 | it is refused with the single reason BLANK_IMAGE on PixelData of SRS-014   |
      | 0.521 | it is accepted                                                             |
      | 0.479 | it is accepted                                                             |

  @SRS-014 @RC-002
  Scenario Outline: The darkest and the brightest hundredth of the image do not count as contrast
    Given a complete DX radiograph
    And <share> % of its pixels show <other>, the others 0.5 of the range from black to white
    When the device judges it
    Then <verdict>

    Examples:
      | share | other | verdict                                                                  |
      | 0.5   | 0.7   | it is refused with the single reason BLANK_IMAGE on PixelData of SRS-014 |
      | 0.5   | 0.3   | it is refused with the single reason BLANK_IMAGE on PixelData of SRS-014 |
      | 1.5   | 0.7   | it is refused with the single reason NOT_FRONTAL_CHEST on PixelData of SRS-047 |
      | 1.5   | 0.3   | it is refused with the single reason NOT_FRONTAL_CHEST on PixelData of SRS-047 |

  @SRS-014
  Scenario Outline: Dark is not black, and bright is not white
    Given a complete DX radiograph
    And 75 % of its pixels are <end>
    When the device judges it
    Then it is accepted

    Examples:
      | end          |
      | almost black |
      | almost white |

  @SRS-014 @SRS-014/AC3 @RC-002
  Scenario Outline: An image of which too much is black or white is refused
    Given a complete DX radiograph
    And <share> % of its pixels are <end>
    When the device judges it
    Then <verdict>

    Examples:
      | share | end   | verdict                                                                  |
      | 69    | black | it is accepted                                                           |
      | 70    | black | it is refused with the single reason SATURATED on PixelData of SRS-014   |
      | 69    | white | it is accepted                                                           |
      | 70    | white | it is refused with the single reason SATURATED on PixelData of SRS-014   |

  @SRS-013 @SRS-013/AC3 @RC-002
  Scenario Outline: A second picture behind the first is refused, not left out
    Given a complete DX radiograph
    And it is encoded in <uid>, <name>
    And its compressed pixel data hold a second codestream
    When the device judges it
    Then it is refused with the single reason PIXELS_UNDECODABLE on PixelData of SRS-013
    And it expects "<expects>"

    Examples:
      | uid                    | name                                          | expects                       |
      | 1.2.840.10008.1.2.5    | RLE Lossless                                  | one frame of RLE              |
      | 1.2.840.10008.1.2.4.57 | JPEG Lossless (Process 14)                    | one codestream, of one frame  |
      | 1.2.840.10008.1.2.4.70 | JPEG Lossless (Process 14, Selection Value 1) | one codestream, of one frame  |
      | 1.2.840.10008.1.2.4.80 | JPEG-LS Lossless                              | one codestream, of one frame  |
      | 1.2.840.10008.1.2.4.90 | JPEG 2000 Lossless Only                       | one codestream, of one frame  |

  @SRS-013 @SRS-013/AC4 @RC-002
  Scenario: A codestream of signed values under a header of unsigned ones is refused
    Given a complete DX radiograph
    And it is encoded in 1.2.840.10008.1.2.4.90, JPEG 2000 Lossless Only
    And the values of its codestream are signed
    When the device judges it
    Then it is refused with the single reason PIXELS_UNDECODABLE on PixelData of SRS-013
    And its reason says "signed values"

  @SRS-013 @SRS-013/AC5
  Scenario Outline: One changed bit of the pixel data, which nothing else in a file betrays
    Given a complete DX radiograph of 512 rows and 512 columns
    And it is encoded in <uid>, <name>
    And a folder of 100 copies of it, in each of which another bit of the pixel data is changed
    When the device analyzes the folder
    Then <refused> of the copies are refused, and the others are analyzed as they are

    Examples:
      | uid                    | name                                          | refused |
      | 1.2.840.10008.1.2.1    | Explicit VR Little Endian                     | 0       |
      | 1.2.840.10008.1.2.5    | RLE Lossless                                  | 24      |
      | 1.2.840.10008.1.2.4.70 | JPEG Lossless (Process 14, Selection Value 1) | 22      |
      | 1.2.840.10008.1.2.4.80 | JPEG-LS Lossless                              | 99      |
      | 1.2.840.10008.1.2.4.90 | JPEG 2000 Lossless Only                       | 0       |
